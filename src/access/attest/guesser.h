// Where guesses come from: the network, not the key, for keys cost nothing. What is kept of it is a keyed hash that
// means another network in every window of time, and is forgotten with the window.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "crypto/secret.h"

namespace swarma::access::attest {

/// The first 24 bits of an IPv4 address, the first 48 of an IPv6 one (a mapped address counts as IPv4): what one
/// customer of an access provider has at the most. Anything else stands for itself.
std::string network_of(std::string_view address);

/// Names a network for one title and window: 22 characters of base64url.
std::string network_name(const crypto::SecretKey& key, std::int64_t window, const TitleId& title,
                         std::string_view network);

}  // namespace swarma::access::attest
