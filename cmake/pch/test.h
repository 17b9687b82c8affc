// For the test programs.
#include "std.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
