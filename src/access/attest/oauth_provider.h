// A platform that viewers sign in to, as the node talks to it: where viewers are sent, and what a code that they bring
// back says (OAuth 2.1 draft, RFC 7636, RFC 9207, OpenID Connect Discovery 1.0 and Core 1.0). Safe for concurrent use.
//
// Addresses come from the provider's own document, whose "issuer" must be the one that the operator wrote down. The
// document is kept for kMetadataFresh; the keys are fetched again when a token names one that is not among them, but
// not more often than every kKeyPause. Tokens live in memory only, until the answer is known.
#pragma once

#include <memory>
#include <mutex>

#include "access/attest/id_token.h"
#include "access/attest/oauth_options.h"
#include "access/attest/verifier.h"

namespace swarma::access::attest {

inline constexpr std::chrono::minutes kMetadataFresh{60};
inline constexpr std::chrono::seconds kKeyPause{60};

/// What belongs to one sign-in.
struct SignIn {
  std::string redirect_uri;
  std::string code_verifier;  // RFC 7636; 43 characters
  std::string nonce;
};
/// What the provider sent back by the viewer's browser.
struct Returned {
  std::string code;
  std::string issuer;  // "iss"; empty: not said
};
/// What is asked with the viewer's access token; empty action: nothing.
struct Deed {
  std::string action;
  std::string target;
};

class OauthProvider : public std::enable_shared_from_this<OauthProvider> {
 public:
  using Run = std::function<void(std::move_only_function<void()>)>;
  OauthProvider(OauthAdapter adapter, net::Outbound& outbound, Run run)
      : adapter_(std::move(adapter)), outbound_(outbound), run_(std::move(run)) {}

  const OauthAdapter& adapter() const { return adapter_; }

  /// The address to open in the viewer's browser. Unavailable "oauth_unavailable".
  void address(const SignIn& sign_in, const std::string& state, Instant now, Done<std::string> done);
  /// Who signed in, as the provider names him, once everything holds. Forbidden "oauth_wrong_issuer",
  /// "oauth_code_refused", "oauth_token_bad", "oauth_access_refused", "deed_not_found"; Unavailable
  /// "oauth_unavailable".
  void redeem(const SignIn& sign_in, const Returned& returned, const Deed& deed, Instant now, Done<std::string> done);

 private:
  struct Metadata;
  struct Tokens;
  struct Redeeming;
  using MetadataPointer = std::shared_ptr<const Metadata>;
  using Keys = std::shared_ptr<const std::vector<ProviderKey>>;

  void ask(net::OutboundRequest request, net::Reach reach, Done<net::OutboundResponse> done);
  net::Reach reach_of(const std::string& url) const;
  MetadataPointer kept_metadata(Instant now);
  Keys kept_keys(Instant now, std::chrono::seconds life);
  void metadata(Instant now, Done<MetadataPointer> done);
  void keys(const Metadata& metadata, Instant now, bool again, Done<Keys> done);
  Result<MetadataPointer> read_metadata(const Result<net::OutboundResponse>& response) const;
  std::string form(const SignIn& sign_in, const std::string& code, const Metadata& metadata,
                   net::Headers& headers) const;
  Result<Tokens> read_tokens(const Result<net::OutboundResponse>& response) const;
  void check_token(std::shared_ptr<Redeeming> job, bool again);
  void check_deed(std::shared_ptr<Redeeming> job, std::string subject);
  Result<void> read_deed(const OauthCheck& check, const Result<net::OutboundResponse>& response) const;
  std::unexpected<Error> unavailable(std::string_view what) const;

  const OauthAdapter adapter_;
  net::Outbound& outbound_;
  const Run run_;
  std::mutex mutex_;
  MetadataPointer metadata_;
  Instant metadata_at_;
  Keys keys_;
  Instant keys_at_;
};

}  // namespace swarma::access::attest
