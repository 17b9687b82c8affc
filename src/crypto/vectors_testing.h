// Reading of tests/vectors, for tests only.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/testing.h"

namespace swarma::crypto::testing {

/// A vector file below tests/vectors; stops the test program if it is not there.
inline Json read_vectors(const std::string& name) {
  const Bytes bytes = read_file(std::string(SWARMA_SOURCE_DIR) + "/tests/vectors/" + name, 1 << 20).value();
  return Json::parse(bytes);
}

inline Bytes hex(const Json& value) {
  return parse_hex(value.get_ref<const std::string&>()).value();
}

template <std::size_t N>
std::array<std::uint8_t, N> hex_exactly(const Json& value) {
  return take_exactly<N>(hex(value)).value();
}

using swarma::testing::TemporaryFolder;

}  // namespace swarma::crypto::testing
