// For net/, the one module that sees Asio.
#include "std.h"

#include <asio.hpp>
