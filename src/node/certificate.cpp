#include "node/certificate.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/file.h"
#include "base/log.h"
#include "net/public_url.h"
#include "net/tls.h"

namespace swarma::node {
namespace {

constexpr std::chrono::seconds kDay = std::chrono::hours(24);
constexpr std::chrono::seconds kRenewBefore = 30 * kDay;  // of an own certificate
constexpr std::chrono::seconds kWarnBefore = 14 * kDay;   // of a given one, or a third of its life if that is shorter
constexpr std::size_t kMaxNames = 32;

/// The IPv6 addresses of global or site scope that are not temporary, as the kernel lists them: address, interface,
/// prefix, scope, flags, name.
void add_ipv6(std::vector<std::string>& names) {
  constexpr unsigned kTemporary = 0x01, kGlobal = 0x00, kSite = 0x40;
  std::ifstream list("/proc/net/if_inet6");
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string digits;
    unsigned index = 0, prefix = 0, scope = 0, flags = 0;
    words >> digits >> std::hex >> index >> prefix >> scope >> flags;
    if (!words || digits.size() != 32 || (scope != kGlobal && scope != kSite) || (flags & kTemporary) != 0) continue;
    for (std::size_t at = 28; at > 0; at -= 4) digits.insert(at, ":");
    names.push_back(net::canonical_address(digits));
  }
}

void add_ipv4(std::vector<std::string>& names) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return;
  const std::unique_ptr<ifaddrs, decltype([](ifaddrs* all) { ::freeifaddrs(all); })> owned(list);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    if ((each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
    std::array<char, INET_ADDRSTRLEN> text;
    const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    if (::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size()) != nullptr) names.emplace_back(text.data());
  }
}

/// Why an own certificate has to be made anew; empty if it still fits.
std::string_view fault_of(const Result<net::CertificateFacts>& facts, const std::vector<std::string>& names,
                          Instant now) {
  if (!facts) return "it cannot be read";
  if (now < facts->not_before) return "it is not valid yet";
  if (facts->not_after.left(now) < kRenewBefore) return "its end is near or past";
  for (const std::string& name : names)
    if (std::ranges::find(facts->names, name) == facts->names.end()) return "it lacks a name or an address";
  return {};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::vector<std::string> machine_names() {
  std::vector<std::string> names;
  add_ipv4(names);
  add_ipv6(names);
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0)
    if (const auto url = net::parse_public_url("http://" + std::string(host.data()))) names.push_back(url->host);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  if (names.size() > kMaxNames) names.resize(kMaxNames);
  return names;
}

Result<bool> CertificateKeeper::check() {
  if (options_.certificate_file.empty()) return false;
  return options_.own ? check_own() : check_given();
}

Result<bool> CertificateKeeper::check_own() {
  const std::vector<std::string> names = options_.names();
  const Instant now = clock_.now();
  std::error_code missing;
  const bool exists = std::filesystem::exists(options_.certificate_file, missing);
  std::string_view fault = "there is none";
  if (exists) {
    fault = fault_of(net::read_certificate(options_.certificate_file), names, now);
    if (fault.empty() && !net::make_tls_context(options_.certificate_file, options_.key_file))
      fault = "its key is another one";  // the process ended between writing the two
  }
  if (fault.empty()) return false;
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(options_.certificate_file.parent_path()));
  SWARMA_RETURN_IF_ERROR(net::make_self_signed_certificate(names, options_.certificate_file, options_.key_file, now));
  log::info("certificate_made", {{"why", fault}, {"names", joined(names)}});
  return true;
}

Result<bool> CertificateKeeper::check_given() {
  std::vector<std::filesystem::file_time_type> now;
  for (const auto& file : {options_.certificate_file, options_.key_file}) {
    std::error_code unreadable;
    now.push_back(std::filesystem::last_write_time(file, unreadable));
  }
  const bool first = seen_.empty();
  const bool changed = now != seen_;
  if (changed) silence_ = {};
  seen_ = std::move(now);
  if (const auto usable = net::make_tls_context(options_.certificate_file, options_.key_file); !usable) {
    if (first) return std::unexpected(usable.error());
    if (silence_.has_passed(clock_.now())) {
      log::error("certificate_unusable", {{"message", usable.error().message}, {"meanwhile", "the last one is used"}});
      silence_ = Expiry(clock_.now(), kDay);
    }
    return false;
  }
  announce_end();
  return changed;
}

void CertificateKeeper::announce_end() {
  const Instant now = clock_.now();
  const auto facts = net::read_certificate(options_.certificate_file);
  if (!facts) return;  // make_tls_context has just read it: changed this moment, the next check sees it
  const std::chrono::seconds left = facts->not_after.left(now);
  const std::chrono::seconds life = facts->not_after.left(facts->not_before);
  if (left >= std::min(kWarnBefore, life / 3) && now >= facts->not_before) return;
  if (!silence_.has_passed(now) && silence_.left(now) <= kDay)
    return;  // said today; a clock that was set back says it again
  silence_ = Expiry(now, kDay);
  const std::string file = options_.certificate_file.string();
  if (now < facts->not_before)
    log::error("certificate_not_valid_yet",
               {{"file", file}, {"seconds", std::int64_t{(facts->not_before - now).count()}}});
  else if (left <= std::chrono::seconds(0))
    log::error("certificate_expired", {{"file", file}, {"days_ago", std::int64_t{-left / kDay}}});
  else
    log::warning("certificate_expires_soon", {{"file", file}, {"days_left", std::int64_t{left / kDay}}});
}

}  // namespace swarma::node
