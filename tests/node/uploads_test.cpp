// Resumable uploads over HTTP, as a client of tus 1.0.0 on a page of another origin meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace swarma::test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kChunk = "application/offset+octet-stream";
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The owner's own key, from elsewhere.
struct Uploads : ::testing::Test {
  TemporaryFolder folder;
  RunningNode node{folder.path()};
  net::HttpClient http;
  std::string nonce = send_plain("GET", "/v1/node").headers.get("DPoP-Nonce").data();

  net::ClientResponse send_plain(const std::string& method, const std::string& path, const Fields& fields = {},
                                 const std::string& body = {}) {
    net::ClientRequest request{.method = method, .url = node.url() + path, .body = body};
    for (const auto& [name, value] : fields) request.headers.set(name, value);
    return *http.send(request);
  }
  net::ClientResponse send(const std::string& method, const std::string& path, Fields fields,
                           const std::string& body = {}) {
    const std::string digest = body.empty() ? "" : to_base64url(crypto::sha256(view(body)));
    fields.emplace_back("Origin", "https://elsewhere.example");
    fields.emplace_back("DPoP", crypto::make_dpop_proof(node.owner().signing,
                                                        {.method = method,
                                                         .url = *crypto::normalise_htu(node.url() + path),
                                                         .nonce = nonce,
                                                         .body_digest = digest,
                                                         .access_token = ""},
                                                        test_clock().now()));
    return send_plain(method, path, fields, body);
  }
  std::string begin(const std::string& length) {
    return std::string(
        send("POST", "/v1/uploads", {{"Tus-Resumable", "1.0.0"}, {"Upload-Length", length}}).headers.get("Location"));
  }
};

TEST_F(Uploads, TellEverybodyWhatTheProtocolCanDo) {
  for (const char* path : {"/v1/uploads", "/v1/uploads/0123456789abcdef0123456789abcdef"}) {
    const net::ClientResponse answer = send_plain("OPTIONS", path, {{"Origin", "https://elsewhere.example"}});
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.headers.get("Tus-Resumable"), "1.0.0");
    EXPECT_EQ(answer.headers.get("Tus-Version"), "1.0.0");
    EXPECT_EQ(answer.headers.get("Tus-Extension"), "creation,expiration,termination");
    EXPECT_GT(std::stoull("0" + std::string(answer.headers.get("Tus-Max-Size"))), 1u << 30);
    for (const char* name :
         {"DPoP", "Content-Type", "Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata"})
      EXPECT_THAT(std::string(answer.headers.get("Access-Control-Allow-Headers")), HasSubstr(name));
  }
  EXPECT_EQ(send_plain("OPTIONS", "/v1/uploads/x").headers.get("Access-Control-Allow-Methods"),
            "HEAD, PATCH, DELETE, OPTIONS");
}

TEST_F(Uploads, AreReadableFromAnotherOrigin) {
  const net::ClientResponse made = send("POST", "/v1/uploads", {{"Tus-Resumable", "1.0.0"}, {"Upload-Length", "10"}});
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(made.headers.get("Access-Control-Allow-Origin"), "*");
  for (const char* name : {"Upload-Offset", "Upload-Length", "Upload-Expires", "Tus-Resumable", "Tus-Version",
                           "Location", "DPoP-Nonce", "WWW-Authenticate", "Retry-After"})
    EXPECT_THAT(std::string(made.headers.get("Access-Control-Expose-Headers")), HasSubstr(name));
}

TEST_F(Uploads, TellTheirMetadataAsTheyWereSent) {
  const std::string metadata = "filename c29uZy5tcDQ=, filetype dmlkZW8vbXA0,is_draft";
  const std::string place(
      send("POST", "/v1/uploads", {{"Upload-Length", "10"}, {"Upload-Metadata", metadata}}).headers.get("Location"));
  EXPECT_EQ(send("HEAD", place, {}).headers.get("Upload-Metadata"), metadata);
  EXPECT_EQ(send("HEAD", begin("10"), {}).headers.count("Upload-Metadata"), 0u);
  for (const std::string& bad : {std::string("filename \xc3\xa9"), "filename " + std::string(4096, 'a')}) {
    const auto answer = send("POST", "/v1/uploads", {{"Upload-Length", "10"}, {"Upload-Metadata", bad}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(Json::parse(answer.body)["reason"], "bad_upload_metadata");
  }
}

TEST_F(Uploads, LeaveARequestInAnotherVersionAlone) {
  const std::string place = begin("10");
  for (const char* version : {"0.2.2", "1.0.1", "1.0.0, 0.2.2", ""}) {
    const net::ClientResponse answer =
        send("PATCH", place, {{"Tus-Resumable", version}, {"Upload-Offset", "0"}, {"Content-Type", kChunk}}, "abc");
    EXPECT_EQ(answer.status, 412) << version;
    EXPECT_EQ(answer.headers.get("Tus-Version"), "1.0.0");
    EXPECT_EQ(Json::parse(answer.body)["status"], 412);
    EXPECT_EQ(send("HEAD", place, {{"Tus-Resumable", version}}).status, 412);
    EXPECT_EQ(send("POST", "/v1/uploads", {{"Tus-Resumable", version}, {"Upload-Length", "9"}}).status, 412);
    EXPECT_EQ(send("DELETE", place, {{"Tus-Resumable", version}}).status, 412);
  }
  EXPECT_EQ(send("HEAD", place, {}).headers.get("Upload-Offset"), "0");
}

TEST_F(Uploads, TakeChunksOfTheirContentTypeOnly) {
  const std::string place = begin("10");
  for (const char* type : {"text/plain", "application/octet-stream", "application/offset+octet-streams", ""}) {
    const net::ClientResponse answer =
        send("PATCH", place, {{"Tus-Resumable", "1.0.0"}, {"Upload-Offset", "0"}, {"Content-Type", type}}, "abc");
    EXPECT_EQ(answer.status, 415) << type;
    EXPECT_EQ(Json::parse(answer.body)["status"], 415);
  }
  for (const char* type :
       {kChunk, "Application/Offset+Octet-Stream", "application/offset+octet-stream; charset=utf-8"}) {
    const std::string at(send("HEAD", place, {}).headers.get("Upload-Offset"));
    EXPECT_EQ(send("PATCH", place, {{"Upload-Offset", at}, {"Content-Type", type}}, "abc").status, 204) << type;
  }
}

TEST_F(Uploads, CheckInTheOrderOfTheProtocol) {
  const std::string place = begin("4");
  const auto patch = [&](const Fields& fields, const std::string& body = "abc") {
    return send("PATCH", place, fields, body).status;
  };
  EXPECT_EQ(patch({{"Tus-Resumable", "2"}, {"Content-Type", "text/plain"}, {"Upload-Offset", "x"}}), 412);
  EXPECT_EQ(patch({{"Content-Type", "text/plain"}, {"Upload-Offset", "x"}}), 415);
  EXPECT_EQ(send_plain("PATCH", place, {{"Content-Type", kChunk}, {"Upload-Offset", "x"}}, "abc").status, 401);
  EXPECT_EQ(patch({{"Content-Type", kChunk}, {"Upload-Offset", "-1"}}), 400);
  EXPECT_EQ(patch({{"Content-Type", kChunk}}), 400);
  EXPECT_EQ(patch({{"Content-Type", kChunk}, {"Upload-Offset", "1"}}, "abcdef"), 409);
  EXPECT_EQ(patch({{"Content-Type", kChunk}, {"Upload-Offset", "0"}}, "abcdef"), 413);
  EXPECT_EQ(patch({{"Content-Type", kChunk}, {"Upload-Offset", "0"}}, "abcd"), 204);
}

TEST_F(Uploads, NameTheProtocolInEveryRefusal) {
  const std::string place = begin("10");
  const std::string none = "/v1/uploads/" + std::string(32, '0');
  const std::string too_long(17 << 20, 'x');
  const net::ClientResponse answers[] = {send("HEAD", none, {}),
                                         send("DELETE", none, {}),
                                         send_plain("HEAD", place),
                                         send_plain("GET", place),
                                         send("POST", "/v1/uploads", {{"Upload-Length", "x"}}),
                                         send_plain("PATCH", place, {{"Content-Type", kChunk}}, too_long)};
  const int expected[] = {404, 404, 401, 405, 400, 413};
  for (std::size_t i = 0; i < std::size(answers); ++i) {
    EXPECT_EQ(answers[i].status, expected[i]) << i;
    EXPECT_EQ(answers[i].headers.get("Tus-Resumable"), "1.0.0") << i;
  }
}

}  // namespace
}  // namespace swarma::test
