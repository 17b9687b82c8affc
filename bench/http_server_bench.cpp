// A server with nothing behind it: `http_server_bench PORT FILE [LOOPS]` answers /segment with the file and /json with
// a small document, until it is interrupted. measure.py compares it with nginx on the same files.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "net/http_server.h"

using namespace swarma;
using namespace swarma::net;

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: http_server_bench PORT FILE [LOOPS]\n"), 2;
  const auto file = std::make_shared<const Fd>(::open(argv[2], O_RDONLY | O_CLOEXEC));
  struct stat about{};
  if (!*file || ::fstat(file->get(), &about) != 0) return std::perror(argv[2]), 1;
  const auto size = static_cast<std::uint64_t>(about.st_size);

  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.loops = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 0;
  if (const char* certificate = std::getenv("CERT"))
    options.certificate_file = certificate, options.key_file = std::getenv("KEY");
  const std::string json(2048, 'x');
  Route segment{.method = "GET",
                .pattern = "/segment",
                .where = Where::Inline,
                .handler =
                    [&](const Request&) {
                      Response response;
                      response.headers.add("Content-Type", "application/octet-stream");
                      response.headers.add("Cache-Control", "public, max-age=31536000, immutable");
                      response.body = FileBody{file, 0, size};
                      return response;
                    },
                .sink = {}};
  Route document{.method = "GET",
                 .pattern = "/json",
                 .where = Where::Inline,
                 .handler =
                     [&](const Request&) {
                       Response response;
                       response.headers.add("Content-Type", "application/json");
                       response.body = json;
                       return response;
                     },
                 .sink = {}};
  auto server = HttpServer::create(options, {segment, document}, [](const Request&, const Error& error) {
    Response response;
    response.status = 500;
    response.body = error.message;
    return response;
  });
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  std::printf("%s\n", (*server)->url().c_str());
  std::fflush(stdout);
  std::thread watcher([&] {
    int signal_number = 0;
    sigwait(&stop_signals, &signal_number);
    (*server)->stop();
  });
  (*server)->run();
  watcher.join();
}
