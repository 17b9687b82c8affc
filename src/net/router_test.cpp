#include "net/router.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

Route route(std::string method, std::string pattern) {
  Route made;
  made.method = std::move(method);
  made.pattern = std::move(pattern);
  made.handler = [](const Request&) { return Response(); };
  return made;
}

/// "<pattern of the GET route> <params>" or "none".
std::string matched(const Router& router, std::string_view path) {
  std::vector<std::string> params;
  const Endpoint* endpoint = router.match(path, params);
  if (!endpoint) return "none";
  std::string out = endpoint->find("GET")->pattern;
  for (const std::string& param : params) out += " " + param;
  return out;
}

TEST(Router, TakesTheMostParticularPattern) {
  const std::string hash(64, 'a');
  const Router router({route("GET", "/"), route("GET", "/v1/titles"), route("GET", "/v1/titles/{id}"),
                       route("GET", "/v1/titles/new"), route("GET", "/v1/titles/{id}/segments/{guid}"),
                       route("GET", "/{blob}"), route("GET", "/{page}"), route("GET", "/assets/{path*}")});
  EXPECT_EQ(matched(router, "/"), "/");
  EXPECT_EQ(matched(router, "/v1/titles"), "/v1/titles");
  EXPECT_EQ(matched(router, "/v1/titles/abc"), "/v1/titles/{id} abc");
  EXPECT_EQ(matched(router, "/v1/titles/new"), "/v1/titles/new");
  EXPECT_EQ(matched(router, "/v1/titles/new/segments/v:1"), "/v1/titles/{id}/segments/{guid} new v:1");
  EXPECT_EQ(matched(router, "/" + hash), "/{blob} " + hash);
  EXPECT_EQ(matched(router, "/" + hash + ".m4s"), "/{blob} " + hash + ".m4s");
  EXPECT_EQ(matched(router, "/about"), "/{page} about");
  EXPECT_EQ(matched(router, "/assets/js/app.js"), "/assets/{path*} js/app.js");
  EXPECT_EQ(matched(router, "/assets/"), "/assets/{path*} ");
  EXPECT_EQ(matched(router, "/v1/titles/"), "none");
  EXPECT_EQ(matched(router, "/v1/titles/a/b"), "none");
  EXPECT_EQ(matched(router, "/v2/titles/a"), "none");
}

TEST(Router, KnowsABlobByItsDigits) {
  const Router router({route("GET", "/{blob}")});
  for (const std::string& name :
       {std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'), std::string(64, 'g'),
        std::string(64, 'a') + ".", std::string(64, 'a') + "x", std::string(64, 'a') + "/x"})
    EXPECT_EQ(matched(router, "/" + name), "none") << name;
}

TEST(Router, SaysWhatAnAddressAllows) {
  const Router router(
      {route("GET", "/a"), route("PUT", "/a"), route("HEAD", "/upload"), route("PUT", "/upload"), route("POST", "/b")});
  std::vector<std::string> params;
  const Endpoint* a = router.match("/a", params);
  EXPECT_EQ(a->allow(), "GET, HEAD, PUT, OPTIONS");
  EXPECT_EQ(a->find("HEAD")->method, "GET");
  EXPECT_EQ(a->find("DELETE"), nullptr);
  const Endpoint* upload = router.match("/upload", params);
  EXPECT_EQ(upload->allow(), "HEAD, PUT, OPTIONS");
  EXPECT_EQ(upload->find("HEAD")->method, "HEAD");
  EXPECT_EQ(router.match("/b", params)->find("HEAD"), nullptr);
}

TEST(RouterDeathTest, AbortsOnRoutesThatMakeNoSense) {
  EXPECT_DEATH(Router({route("GET", "a")}), "bad_route");
  EXPECT_DEATH(Router({route("GET", "/{x}"), route("GET", "/{y}")}), "bad_route");
  EXPECT_DEATH(Router({route("GET", "/{x*}/b")}), "bad_route");
}

}  // namespace
}  // namespace swarma::net
