// What an operator can choose. Each member is a flag, a SWARMA_… variable and a key of the config file (cli/serve.cpp);
// the defaults run a whole node on SQLite and a folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace swarma::node {

struct Config {
  std::string database_url() const { return database.empty() ? "sqlite:" + (data / "swarma.db").string() : database; }
  std::filesystem::path blob_folder() const { return blobs.empty() ? data / "blobs" : blobs; }

  std::filesystem::path data;
  std::string listen = "127.0.0.1:8420";
  std::string name = "Swarma";
  std::string database;                  // empty: sqlite:<data>/swarma.db
  std::filesystem::path blobs;           // empty: <data>/blobs
  std::string public_url;                // empty: as the request says
  bool tls = false;                      // own certificate in <data>/tls, made on first use
  std::string tls_certificate, tls_key;  // given files instead
  std::vector<std::string> trusted_proxies;
  unsigned loops = 0;  // 0: one per core
  unsigned workers = 4;
  unsigned database_connections = 4;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 4'096;
  std::size_t max_upload_bytes = std::size_t{256} << 30;
  unsigned header_timeout_s = 10, idle_timeout_s = 75, body_timeout_s = 30, drain_timeout_s = 10;
  std::uint64_t min_read_rate = 1024;  // bytes a second; 0: any
  unsigned read_window_s = 60;
};

}  // namespace swarma::node
