// What this module tells others (events/bus.h).
#pragma once

#include <string_view>

namespace swarma::content::publish {

/// The row of a packaging job has changed. Message: the job's id.
inline constexpr std::string_view kJobChanged = "content.publish.job_changed";

}  // namespace swarma::content::publish
