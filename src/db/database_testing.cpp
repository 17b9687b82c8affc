#include "db/database_testing.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/random.h"

namespace swarma::db::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kServerFolder = "swarma-test-postgresql-";  // followed by the process that owns it

/// The newest PostgreSQL's programs, where distributions put them, then on $PATH.
std::optional<fs::path> find_programs() {
  std::optional<fs::path> best;
  int best_version = 0;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ec)) {
    const std::string name = entry.path().filename();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    if (version <= best_version || !fs::exists(entry.path() / "bin/initdb", ec)) continue;
    best = entry.path() / "bin";
    best_version = version;
  }
  if (best) return best;
  const char* variable = std::getenv("PATH");
  const std::string path = variable == nullptr ? "" : variable;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const fs::path folder = path.substr(at, end - at);
    if (fs::exists(folder / "initdb", ec) && fs::exists(folder / "postgres", ec)) return folder;
    at = end + 1;
  }
  return std::nullopt;
}

/// PostgreSQL refuses to run as root: then its programs run as the user its package made.
struct Account {
  uid_t uid;
  gid_t gid;
};
Result<Account> find_account() {
  if (::geteuid() != 0) return Account{::geteuid(), ::getegid()};
  const passwd* entry = ::getpwnam("postgres");
  if (entry == nullptr)
    return fail(ErrorCode::Unavailable, "no_postgres_user",
                "There is no user \"postgres\" to run the test server as. Install it with: apt-get install postgresql");
  return Account{entry->pw_uid, entry->pw_gid};
}

/// Starts a program as `account`, its output appended to `log`. It ends when this process does.
Result<pid_t> start(const Account& account, const fs::path& program, std::vector<std::string> arguments,
                    const fs::path& log) {
  std::string name = program;
  std::vector<char*> argv = {name.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(io_error("start", program));
  if (child > 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::close_range(3, ~0U, 0);
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(account.gid) != 0 || ::setuid(account.uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which would clear it
  if (::getppid() != parent || ::chdir("/") != 0) ::_exit(126);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

/// A private PostgreSQL server in a temporary folder.
class Server {
 public:
  static Result<std::unique_ptr<Server>> create() {
    const auto programs = find_programs();
    if (!programs)
      return fail(ErrorCode::Unavailable, "no_postgresql",
                  "The tests on PostgreSQL need its server programs. Install them with: apt-get install postgresql");
    SWARMA_TRY(const Account account, find_account());
    sweep_leftovers();
    std::unique_ptr<Server> server(new Server(*programs, account));
    SWARMA_RETURN_IF_ERROR(server->make_cluster());
    SWARMA_RETURN_IF_ERROR(server->start_server());
    return server;
  }

  ~Server() {
    stop();
    std::error_code ec;
    fs::remove_all(folder_, ec);
  }

  /// Immediate shutdown: what is not on disk, or in the kernel, is lost.
  void crash() { stop(); }
  Result<void> restart() { return start_server(); }

  std::string url(std::string_view schema) const {
    return "postgresql:///postgres?host=" + folder_.string() + "&user=postgres&options=-csearch_path%3D" +
           std::string(schema);
  }

 private:
  Server(fs::path programs, Account account)
      : programs_(std::move(programs)),
        account_(account),
        folder_(fs::temp_directory_path() / (std::string(kServerFolder) + std::to_string(::getpid()))) {}

  /// Folders of test programs that were killed.
  static void sweep_leftovers() {
    std::error_code ec;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), ec)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(kServerFolder)) continue;
      pid_t owner = 0;
      std::from_chars(name.data() + kServerFolder.size(), name.data() + name.size(), owner);
      std::error_code ignored;
      if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
    }
  }

  Result<void> make_cluster() {
    std::error_code ec;
    fs::remove_all(folder_, ec);
    if (::mkdir(folder_.c_str(), 0755) != 0) return std::unexpected(io_error("make the folder", folder_));
    if (::geteuid() == 0 && ::chown(folder_.c_str(), account_.uid, account_.gid) != 0)
      return std::unexpected(io_error("give away", folder_));
    SWARMA_TRY(const pid_t initdb,
               start(account_, programs_ / "initdb",
                     {"--pgdata", folder_ / "data", "--username=postgres", "--auth=trust", "--no-sync",
                      "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"},
                     folder_ / "log"));
    int status = 0;
    ::waitpid(initdb, &status, 0);
    if (status != 0) return failed("initdb");
    return {};
  }

  Result<void> start_server() {
    SWARMA_TRY(pid_, start(account_, programs_ / "postgres", {"-D", folder_ / "data",
                                                              "-k", folder_,
                                                              "-c", "listen_addresses=",
                                                              "-c", "fsync=off",
                                                              "-c", "shared_buffers=16MB",
                                                              "-c", "max_connections=64",
                                                              "-c", "log_min_messages=fatal",
                                                              "-c", "autovacuum=off",
                                                              "-c", "deadlock_timeout=50ms",
                                                              "-c", "wal_writer_delay=10s",
                                                              "-c", "wal_writer_flush_after=1GB"},
                           folder_ / "log"));
    for (int attempt = 0; attempt < 1000; ++attempt) {
      if (Database::open(url("public"), 1)) return {};
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
        pid_ = 0;
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a server has no other sign of being ready
    }
    return failed("postgres");
  }

  void stop() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  std::unexpected<Error> failed(std::string_view program) const {
    const auto log = read_file(folder_ / "log", 1 << 20);
    return fail(ErrorCode::Unavailable, "test_server_failed",
                "The test server's " + std::string(program) + " failed. " + (log ? std::string(as_text(*log)) : ""));
  }

  fs::path programs_;
  Account account_;
  fs::path folder_;
  pid_t pid_ = 0;
};

Result<Server*> server() {
  static std::mutex mutex;
  static std::unique_ptr<Server> running;
  const std::lock_guard lock(mutex);
  if (running == nullptr) {
    SWARMA_TRY(running, Server::create());
  }
  return running.get();
}

}  // namespace

std::string to_string(Engine engine) {
  return engine == Engine::Sqlite ? "Sqlite" : "Postgresql";
}

Result<void> TestDatabase::reopen() {
  database_.reset();
  SWARMA_TRY(database_, Database::open(url_));
  return {};
}

Result<std::string> make_test_database_url(Engine engine, const fs::path& folder) {
  if (engine == Engine::Sqlite) return "sqlite:" + (folder / "test.sqlite").string();
  SWARMA_TRY(Server* const running, server());
  const std::string schema = "test_" + to_hex(random_array<8>());
  SWARMA_TRY(const auto admin, Database::open(running->url("public"), 1));
  SWARMA_RETURN_IF_ERROR(admin->execute("CREATE SCHEMA " + schema));
  return running->url(schema);
}

Result<TestDatabase> make_test_database(Engine engine) {
  TemporaryFolder folder;
  SWARMA_TRY(std::string url, make_test_database_url(engine, folder.path()));
  SWARMA_TRY(auto database, Database::open(url));
  return TestDatabase(std::move(folder), std::move(url), std::move(database));
}

Result<void> crash_and_restart_postgresql() {
  SWARMA_TRY(Server* const running, server());
  running->crash();
  return running->restart();
}

Result<void> crash_postgresql() {
  SWARMA_TRY(Server* const running, server());
  running->crash();
  return {};
}

Result<void> restart_postgresql() {
  SWARMA_TRY(Server* const running, server());
  return running->restart();
}

}  // namespace swarma::db::testing
