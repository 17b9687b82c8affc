#include "harness.h"

#include <cstdio>
#include <cstdlib>

namespace swarma::test {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().reason.c_str(), result.error().message.c_str());
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace

FakeClock& test_clock() {
  static FakeClock clock(SystemClock().now());
  return clock;
}

RunningNode::RunningNode(const std::filesystem::path& data, std::string database, std::string public_url,
                         net::MailOptions mail)
    : owner_(must(crypto::open_identity(data))) {
  node::Config config;
  config.data = data;
  if (!database.empty()) {  // one of several nodes: what they share is the database, the identity and the blobs
    config.data = data / ("home-" + to_hex(random_array<8>()));
    config.blobs = data / "blobs";
    std::filesystem::create_directory(config.data);
    std::filesystem::permissions(config.data, std::filesystem::perms::owner_all);
    std::filesystem::copy_file(data / "identity.json", config.data / "identity.json");
  }
  config.listen = "127.0.0.1:0";
  config.database = std::move(database);
  config.http.public_url = std::move(public_url);
  config.mail = std::move(mail);
  node_ = must(node::Node::create(config, must(crypto::open_identity(config.data)), test_clock()));
  url_ = node_->url();
  thread_ = std::thread([this] { node_->run(); });
}

RunningNode::~RunningNode() {
  node_->stop();
  thread_.join();
}

FakeTitle make_title(const crypto::Identity& creator, const std::string& policy, Slot slots, const std::string& codes,
                     const FakeTitle* previous) {
  const std::string nonce = previous ? previous->record.nonce : to_base64url(random_array<16>());
  const TitleId id = title::make_title_id(creator.signing.did(), nonce);
  const std::string salt = to_base64url(random_array<16>());
  const crypto::SecretKey secret = crypto::random_key();
  std::vector<std::pair<BlobId, Bytes>> blobs;
  const auto add = [&blobs](Bytes bytes) {
    const BlobId blob = crypto::blob_id_of(bytes);
    blobs.emplace_back(blob, std::move(bytes));
    return blob;
  };
  title::Track track{.id = content::publish::make_track_id("v360"),
                     .key_group = "sd",
                     .playlist = add({1}),
                     .name = "360p",
                     .codecs = "avc1.64001e",
                     .width = 640,
                     .height = 360,
                     .frame_rate = 24,
                     .bandwidth = 10'000,
                     .average_bandwidth = 8'000};
  content::publish::TrackEncryptor encryptor({id, salt, secret, slots}, "sd", track.id);
  title::MediaPlaylist playlist{.init = add(to_bytes("init")), .extension = "m4s"};
  std::vector<Bytes> plain;
  for (Slot slot = 0; slot < slots; ++slot) {
    Bytes text(1000 + slot);
    fill_random(text);
    Bytes sealed = text;
    encryptor.take_seal(slot)(sealed);
    track.bytes += static_cast<std::int64_t>(sealed.size());
    playlist.segments.push_back({crypto::blob_id_of(sealed), 4.0, static_cast<std::int64_t>(sealed.size())});
    add(std::move(sealed));
    plain.push_back(std::move(text));
  }
  track.playlist = add(to_bytes(title::write_media_playlist(playlist)));
  const BlobId multivariant = add(to_bytes(title::write_multivariant_playlist({track})));
  const BlobId details = add(to_bytes(must(title::write_details({.tracks = {track}}))));
  title::TitleRecord record{.id = id,
                            .nonce = nonce,
                            .revision = previous ? previous->record.revision + 1 : 1,
                            .creator = creator.signing.did(),
                            .created_at = test_clock().now(),
                            .name = "Test film",
                            .duration_ms = 4000 * slots,
                            .slots = slots,
                            .salt = salt,
                            .key_groups = {"sd"},
                            .playlist = multivariant,
                            .details = details,
                            .policy = policy,
                            .agent = {creator.signing.did(), creator.decryption.encryption_key()}};
  title::CodeLists lists;
  for (const auto& [list, entries] : must(parse_json(codes)).items())
    for (const Json& entry : entries)
      lists[list].push_back({entry.at("code"), entry.value("max_uses", std::int64_t{0})});
  std::string jws = must(title::sign_record(record, creator.signing));
  std::string sealed = title::seal_package({id, record.revision, secret, lists}, creator.decryption.encryption_key());
  return {record, std::move(jws), std::move(sealed), std::move(playlist), std::move(plain), track.id, std::move(blobs)};
}

Result<void> publish(const FakeTitle& title, const std::string& url, const crypto::Identity& creator, bool with_blobs) {
  net::HttpClient http;
  client::Node client(http, {.url = url, .token = {}, .patience = {.attempts = 1}}, creator.signing, test_clock());
  if (with_blobs) {
    const auto sink = content::publish::make_http_blob_sink(client);
    for (const auto& [id, bytes] : title.blobs) SWARMA_RETURN_IF_ERROR(sink->put(id, bytes));
    SWARMA_RETURN_IF_ERROR(sink->flush());
  }
  return content::publish::HttpPublishPort(client).publish(title.jws, title.sealed);
}

namespace {

Answer to_answer(const Result<net::ClientResponse>& response) {
  if (!response) return {0, {{"reason", response.error().reason}}};
  auto body = parse_json(response->body);
  return {response->status, body ? *body : Json()};
}

}  // namespace

Answer TestViewer::get(const std::string& path) {
  return to_answer(http_.send({.url = url_ + path}));
}

ProvenRequest TestViewer::prove(ProvenRequest request, const std::string& digest) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  const crypto::DpopClaims claims{
      .method = request.method,
      .url = must(crypto::normalise_htu((audience_.empty() ? url_ : audience_) + path)),
      .nonce = get("/v1/node").body.at("nonce"),
      .body_digest = request.body.empty() ? digest : to_base64url(crypto::sha256(view(request.body)))};
  request.headers.set("DPoP", crypto::make_dpop_proof(signing_, claims, test_clock().now()));
  return request;
}

Answer TestViewer::send(const std::string& url, const ProvenRequest& request) {
  return to_answer(net::HttpClient().send(
      {.method = request.method, .url = url + request.path, .headers = request.headers, .body = request.body}));
}

std::string TestViewer::make_proof(const std::string& path, const std::string& text) {
  return std::string(prove({.path = path, .headers = {}, .body = text}).headers.get("DPoP"));
}

Answer TestViewer::post_with_proof(const std::string& path, const std::string& text, const std::string& proof,
                                   const std::string& idempotency_key) {
  net::ClientRequest request{.method = "POST", .url = url_ + path, .body = text};
  request.headers.set("Content-Type", "application/json");
  if (!proof.empty()) request.headers.set("DPoP", proof);
  if (!idempotency_key.empty()) request.headers.set("Idempotency-Key", idempotency_key);
  return to_answer(http_.send(request));
}

Answer TestViewer::post(const std::string& path, const Json& body, const std::string& idempotency_key) {
  const std::string text = body.dump();
  return post_with_proof(path, text, make_proof(path, text), idempotency_key);
}

std::string TestViewer::attest(const std::string& title_id, const std::string& requirement, const Json& response) {
  const Json offer = post("/v1/requirements/offer", {{"title_id", title_id}}).body;
  std::string key;
  const std::function<void(const Json&)> find = [&](const Json& node) {
    if (node.is_object() && node.value("requirement", "") == requirement && node.contains("key")) key = node["key"];
    if (node.is_structured())
      for (const Json& child : node) find(child);
  };
  find(offer);
  const Answer started =
      post("/v1/actions/start", {{"title_id", title_id}, {"requirement", requirement}, {"key", key}});
  if (started.status != 200) return "refused: " + started.reason();
  Json answer = response;
  if (answer.is_null()) {
    const std::string text = started.body.at("challenge").at("text");
    answer = {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}};
  }
  const Answer done = post("/v1/actions/complete", {{"action_id", started.body.at("action_id")}, {"response", answer}});
  return done.status == 200 ? done.body.at("attestation").get<std::string>() : "refused: " + done.reason();
}

Json TestViewer::key_request(const title::TitleRecord& record, const std::string& path, SlotRange slots,
                             std::vector<std::string> attestations) {
  return {{"title_id", record.id.text()},
          {"revision", record.revision},
          {"path", path},
          {"slots", {slots.begin, slots.end}},
          {"key_groups", {"sd"}},
          {"encryption_key", decryption_.encryption_key().jwk()},
          {"attestations", attestations}};
}

}  // namespace swarma::test
