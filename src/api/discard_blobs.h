// Takes back the blobs of a publish that failed.
#pragma once

#include <span>

#include "api/services.h"
#include "content/publish/ports.h"

namespace swarma::api {

inline constexpr std::size_t kMaxDiscardedBlobs = 2'000;  // in one request

/// Removes those that no visible title names and that nobody has put or asked for since they were newly written with
/// these marks; returns how many went.
Result<std::uint64_t> discard_blobs(Services& services, std::span<const content::publish::NewBlob> blobs);

}  // namespace swarma::api
