#include "net/mail.h"

#include <algorithm>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "net/curl_loop.h"

namespace swarma::net {

/// What all mails of a Mailer share.
struct Mailer::Settings {
  std::string url;    // with the name we greet the server with behind it
  std::string place;  // scheme://host:port
  MailSender sender;
  std::string user;
  std::string password;
  std::string ca_file;
  bool encrypted = true;
  std::chrono::seconds timeout{0};

  Settings() = default;
  Settings(Settings&&) = default;
  ~Settings() { crypto::wipe({reinterpret_cast<std::uint8_t*>(password.data()), password.size()}); }
};

namespace {

constexpr std::chrono::milliseconds kConnectTimeout{10'000};
constexpr std::chrono::seconds kRetry{60};
constexpr std::size_t kMaxPasswordBytes = 1024;

std::unexpected<Error> bad_config(const std::string& sentence) {
  return fail(ErrorCode::BadRequest, "mail_config_bad", sentence);
}

Result<std::string> read_password(const std::filesystem::path& file) {
  Result<Bytes> bytes = read_file(file, kMaxPasswordBytes);
  if (!bytes) return bad_config("The file of --smtp-password-file cannot be read: " + bytes.error().message);
  std::string password(as_text(*bytes));
  crypto::wipe(*bytes);
  while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
  if (password.empty() || std::ranges::any_of(password, [](char c) { return c == '\0' || c == '\r' || c == '\n'; }))
    return bad_config("The file of --smtp-password-file must hold the password on its first and only line.");
  return password;
}

}  // namespace

/// One conversation with the server. curl speaks; what was said is followed here, because curl's own code does not tell
/// who was refused, and whether a lost mail may have arrived.
class MailJob final : public CurlJob {
 public:
  MailJob(std::shared_ptr<const Mailer::Settings> settings, const Mail& mail, Instant now, Mailer::Done done)
      : settings_(std::move(settings)),
        message_(write_mail(mail, settings_->sender, now, to_hex(random_array<16>()))),
        recipient_("<" + mail.to.text() + ">"),
        needs_utf8_(mail.to.beyond_ascii()),
        done_(std::move(done)) {
    place = settings_->place;
    deadline = std::chrono::steady_clock::now() + settings_->timeout;
  }

  Result<void> prepare(CURL* easy) override {
    recipients_.reset(curl_slist_append(nullptr, recipient_.c_str()));
    if (!recipients_) throw std::bad_alloc();
    sender_ = "<" + settings_->sender.address.text() + ">";
    curl_easy_setopt(easy, CURLOPT_URL, settings_->url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(settings_->encrypted ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings_->ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings_->ca_file.c_str());
    if (!settings_->user.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, settings_->user.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, settings_->password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(settings_->timeout.count()));
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);  // a connection that a server has grown tired of loses a mail
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, sender_.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients_.get());
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message_.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, hear);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, follow);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    return {};
  }

  After finish(CURL* easy, CURLcode code) override {
    for (const CURLoption option : {CURLOPT_MAIL_RCPT, CURLOPT_DEBUGDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA})
      curl_easy_setopt(easy, option, nullptr);
    if (code == CURLE_OK || taken_)
      done_(Mailer::Delivery::Sent);
    else if (is_refusal_of_recipient())
      refused();
    else if (needs_utf8_ && !server_has_utf8_ && verb_ == "MAIL")
      done_(fail(ErrorCode::Unsupported, "mail_address_unsupported",
                 "The mail server of this node takes no addresses with letters beyond the English ones in front of the "
                 "@. Use another address."));
    else if (handed_over_ && reply_ == 354)
      done_(Mailer::Delivery::Unknown);
    else
      give_up_as(curl_easy_strerror(code));
    return After::Over;
  }

  void give_up(Error error) override { give_up_as(error.reason.c_str()); }

 private:
  /// And not of us: "530 authentication required", "554 5.7.1 relay access denied".
  bool is_refusal_of_recipient() const { return verb_ == "RCPT" && reply_ >= 500 && reply_ != 530 && !against_policy_; }
  void refused() {
    log::warning("mail_refused", {{"reply", reply_}});  // an operator sees whether it is every mail
    done_(Mailer::Delivery::Refused);
  }
  void give_up_as(const char* why) {
    log::warning("mail_not_sent", {{"stage", verb_.empty() ? "connect" : verb_}, {"reply", reply_}, {"why", why}});
    done_(fail(ErrorCode::Unavailable, "mail_unavailable", "The mail could not be sent. Try again later.", kRetry));
  }

  static std::size_t read_message(char* out, std::size_t size, std::size_t count, void* context) {
    auto& job = *static_cast<MailJob*>(context);
    const std::size_t bytes = std::min(size * count, job.message_.size() - job.read_);
    std::copy_n(job.message_.data() + job.read_, bytes, out);
    job.read_ += bytes;
    // From here on curl may have sent the end, and the server may have the mail.
    if (job.read_ == job.message_.size()) job.handed_over_ = true;
    return bytes;
  }

  /// Which command the server answers next. Nothing else of what is sent is looked at: there are passwords in it.
  static int follow(CURL*, curl_infotype kind, char* data, std::size_t size, void* context) {
    auto& job = *static_cast<MailJob*>(context);
    if (kind != CURLINFO_HEADER_OUT || size < 4) return 0;
    const std::string_view verb(data, 4);
    for (const char* known : {"EHLO", "HELO", "STAR", "AUTH", "MAIL", "RCPT", "DATA"})
      if (verb == known) job.verb_ = known, job.reply_ = 0;
    if (verb == "EHLO") job.server_has_utf8_ = false;
    if (verb == "QUIT") job.said_goodbye_ = true;
    return 0;
  }

  /// A line of the server: "250-SMTPUTF8", "550 5.1.1 No such user".
  static std::size_t hear(char* data, std::size_t size, std::size_t count, void* context) {
    auto& job = *static_cast<MailJob*>(context);
    const std::string_view line(data, size * count);
    if (line.size() < 4 || job.said_goodbye_) return line.size();
    if (job.verb_ == "EHLO" && line.substr(4).starts_with("SMTPUTF8")) job.server_has_utf8_ = true;
    if (line[3] == '-') return line.size();
    job.reply_ = std::atoi(std::string(line.substr(0, 3)).c_str());
    job.against_policy_ = line.substr(4).starts_with("5.7.");
    if (job.verb_ == "DATA" && job.handed_over_ && job.reply_ / 100 == 2) job.taken_ = true;
    const bool unsupported = job.verb_ == "MAIL" && job.needs_utf8_ && !job.server_has_utf8_;
    return unsupported ? 0 : line.size();  // 0: curl hangs up
  }

  const std::shared_ptr<const Mailer::Settings> settings_;
  const std::string message_;
  const std::string recipient_;
  std::string sender_;
  HeaderList recipients_;
  const bool needs_utf8_;
  bool server_has_utf8_ = false;
  bool against_policy_ = false;  // of the last reply, where the server has enhanced codes (RFC 3463)
  bool handed_over_ = false, taken_ = false, said_goodbye_ = false;
  std::size_t read_ = 0;
  std::string verb_;
  int reply_ = 0;
  Mailer::Done done_;
};

void describe(OptionSet& set, MailOptions& options) {
  set.push_back({.name = "smtp-url",
                 .target = &options.url,
                 .help = "server that takes mails, smtps://HOST[:PORT] or smtp://HOST[:PORT] (STARTTLS); without it "
                         "viewers cannot unlock by e-mail"});
  set.push_back({.name = "smtp-from",
                 .target = &options.from,
                 .help = "whom mails are from: films@example.org or \"Films <films@example.org>\""});
  set.push_back({.name = "smtp-user", .target = &options.user, .help = "user at the mail server"});
  set.push_back({.name = "smtp-password-file",
                 .target = &options.password_file,
                 .help = "file that holds the password at the mail server"});
  set.push_back({.name = "smtp-tls",
                 .target = &options.tls,
                 .help = "whether smtp:// must be encrypted; off only for a server on this machine or network",
                 .choices = {"required", "off"}});
  set.push_back({.name = "smtp-ca-file",
                 .target = &options.ca_file,
                 .help = "PEM file of the authorities that vouch for the mail server; the system's without it",
                 .opens_file = true});
}

Result<std::unique_ptr<Mailer>> Mailer::create(Outbound& outbound, const MailOptions& options) {
  Settings settings;
  const bool implicit = options.url.starts_with("smtps://");
  const std::size_t host_at = implicit ? 8 : 7;
  if (!implicit && !options.url.starts_with("smtp://"))
    return bad_config("--smtp-url must be an address like smtps://mail.example.org or smtp://mail.example.org:587.");
  std::string host = options.url.substr(host_at);
  if (host.ends_with('/')) host.pop_back();
  if (host.empty() || host.find_first_of("/?#@ \t\r\n") != std::string::npos)
    return bad_config("--smtp-url must name the mail server and nothing else: the user goes into --smtp-user.");
  if (const auto sender = parse_mail_sender(options.from); sender && !sender->address.beyond_ascii())
    settings.sender = *sender;
  else
    return bad_config("--smtp-from must be the address that mails come from, like \"Films <films@example.org>\".");
  settings.encrypted = implicit || options.tls != "off";
  if (options.user.empty() != options.password_file.empty())
    return bad_config("--smtp-user and --smtp-password-file belong together: give both or neither.");
  if (!settings.encrypted && !options.user.empty())
    return bad_config("A password is not sent over a connection that anybody can read: leave --smtp-tls off out.");
  if (!options.user.empty()) {
    SWARMA_TRY(settings.password, read_password(options.password_file));
  }
  settings.user = options.user;
  settings.ca_file = options.ca_file;
  settings.timeout = options.timeout;
  settings.place = (implicit ? "smtps://" : "smtp://") + host;
  // Port 587 where nothing is said: there servers take mail of their users (RFC 6409).
  const bool has_port = host.find(':', host.starts_with('[') ? host.find(']') : 0) != std::string::npos;
  settings.url = settings.place + (has_port ? "" : implicit ? ":465" : ":587") + "/" + settings.sender.address.domain;
  return std::unique_ptr<Mailer>(new Mailer(outbound, std::make_shared<const Settings>(std::move(settings))));
}

Mailer::Mailer(Outbound& outbound, std::shared_ptr<const Settings> settings)
    : outbound_(outbound), settings_(std::move(settings)) {}
Mailer::~Mailer() = default;

const MailSender& Mailer::sender() const {
  return settings_->sender;
}

void Mailer::send(Mail mail, Instant now, Done done) {
  outbound_.loop_->submit(std::make_unique<MailJob>(settings_, mail, now, std::move(done)));
}

}  // namespace swarma::net
