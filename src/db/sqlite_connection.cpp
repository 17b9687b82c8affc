#include "db/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include "base/file.h"

namespace swarma::db {
namespace {

// The WAL is copied back every so many pages (32 MiB): each copy syncs twice, so it should be rare next to commits.
constexpr const char* kSettings =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=NORMAL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA wal_autocheckpoint=8000;"
    "PRAGMA journal_size_limit=67108864;"
    "PRAGMA cache_size=-16000;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;";

bool is_unique_constraint(int extended) {
  return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
         extended == SQLITE_CONSTRAINT_ROWID;
}

Error describe(int extended, const std::string& what) {
  if (extended == SQLITE_IOERR_SHMSIZE) extended = SQLITE_FULL;  // the index of the log could not grow
  switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return database_busy().error();
    case SQLITE_CONSTRAINT:
      return {ErrorCode::Conflict,
              is_unique_constraint(extended)             ? "unique_violation"
              : extended == SQLITE_CONSTRAINT_FOREIGNKEY ? "foreign_key_violation"
                                                         : "constraint_violation",
              "The database refused the change: " + what + "."};
    case SQLITE_FULL:
      return {ErrorCode::Io, "disk_full", "The database cannot grow: the disk is full."};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::Io, "database_corrupt", "The database file is damaged: " + what + "."};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::Io, "database_io", "The database file cannot be used: " + what + "."};
    default:
      return {ErrorCode::Internal, "database_error", "A database statement failed: " + what + "."};
  }
}

int bind_value(sqlite3_stmt* statement, int slot, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int slot;
    // SQLITE_STATIC: the caller's values outlive the statement's run.
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, slot); }
    int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, slot, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, slot, number); }
    int operator()(const std::string& text) const {
      return sqlite3_bind_text64(statement, slot, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    int operator()(const Bytes& bytes) const {
      if (bytes.empty()) return sqlite3_bind_zeroblob(statement, slot, 0);  // a null pointer would bind NULL
      return sqlite3_bind_blob64(statement, slot, bytes.data(), bytes.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, slot}, value);
}

Value column_value(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
      return Bytes(bytes, bytes + sqlite3_column_bytes(statement, column));
    }
    default:
      return nullptr;
  }
}

Row current_row(sqlite3_stmt* statement) {
  const int columns = sqlite3_column_count(statement);
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) values.push_back(column_value(statement, column));
  return Row(std::move(values));
}

/// Leaves a statement ready for its next run, holding neither locks nor the caller's memory.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

/// While a statement runs: SQLite asks it whether to try again, and its place among those who wait ends with it.
class SqliteConnection::Waiting {
 public:
  explicit Waiting(SqliteConnection& connection) : connection_(connection) {}
  ~Waiting() { connection_.lock_.stop(connection_.waits_); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  static int again(void* self, int) {
    auto& connection = *static_cast<SqliteConnection*>(self);
    return connection.lock_.pause(connection.waits_) ? 1 : 0;
  }

 private:
  SqliteConnection& connection_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, Access access,
                                                                 LockWait& lock) {
  // The file is made here and not by SQLite, which would let the umask decide who may read it.
  if (path != ":memory:" && access == Access::Write) {
    const Fd made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!made) return std::unexpected(io_error("open the database", path));
  }
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle, lock));
  const auto named = [&path](Error error) {
    error.message = "Cannot open the database " + path + ". " + error.message;
    return std::unexpected(std::move(error));
  };
  if (opened != SQLITE_OK) return named(describe(opened, handle != nullptr ? sqlite3_errmsg(handle) : "out of memory"));
  sqlite3_busy_handler(handle, &Waiting::again, connection.get());
  if (auto set = connection->run_script(kSettings); !set) return named(std::move(set).error());
  if (access == Access::Read)
    if (auto set = connection->run_script("PRAGMA query_only=ON"); !set) return named(std::move(set).error());
  return connection;
}

SqliteConnection::~SqliteConnection() {
  forget_statements();
  sqlite3_close_v2(handle_);
}

void SqliteConnection::forget_statements() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement.handle);
  statements_.clear();
}

std::unexpected<Error> SqliteConnection::failure(int code) {
  failed_ = in_transaction_;
  return std::unexpected(describe(code, sqlite3_errmsg(handle_)));
}

Result<SqliteConnection::Statement> SqliteConnection::prepare(std::string_view sql) {
  Statement statement;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement.handle, &rest);
  if (code != SQLITE_OK) return failure(code);
  const auto wrong = [&](std::string message) {
    sqlite3_finalize(statement.handle);
    failed_ = in_transaction_;
    return fail(ErrorCode::Internal, "bad_statement", std::move(message));
  };
  if (statement.handle == nullptr ||
      std::any_of(rest, sql.data() + sql.size(), [](char c) { return c != ' ' && c != '\n' && c != ';'; }))
    return wrong("A call takes exactly one SQL statement.");
  const int slots = sqlite3_bind_parameter_count(statement.handle);
  for (int slot = 1; slot <= slots; ++slot) {
    const char* name = sqlite3_bind_parameter_name(statement.handle, slot);
    const std::string_view text = name == nullptr ? "" : name;
    std::size_t number = 0;
    if (text.size() < 2 || text[0] != '$' ||
        std::from_chars(text.data() + 1, text.data() + text.size(), number).ec != std::errc() || number == 0)
      return wrong("SQL parameters are written $1, $2, …");
    statement.parameter_of_slot.push_back(number - 1);
    statement.parameters = std::max(statement.parameters, number);
  }
  return statement;
}

Result<SqliteConnection::Statement*> SqliteConnection::find_statement(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return &found->second;
  if (statements_.size() >= kMaxStatements) forget_statements();
  SWARMA_TRY(Statement made, prepare(sql));
  return &statements_.emplace(std::string(sql), std::move(made)).first->second;
}

Result<void> SqliteConnection::bind(const Statement& statement, const Values& parameters) {
  if (parameters.size() != statement.parameters) {
    failed_ = in_transaction_;
    return fail(ErrorCode::Internal, "bad_statement",
                "A statement has " + std::to_string(statement.parameters) + " parameters and was given " +
                    std::to_string(parameters.size()) + ".");
  }
  for (std::size_t i = 0; i < statement.parameter_of_slot.size(); ++i) {
    const Value& value = parameters[statement.parameter_of_slot[i]];
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && text->find('\0') != std::string::npos) {
      failed_ = in_transaction_;
      return fail(ErrorCode::BadRequest, "bad_text", "Text in the database cannot hold a NUL character.");
    }
    if (const int code = bind_value(statement.handle, static_cast<int>(i) + 1, value); code != SQLITE_OK)
      return failure(code);
  }
  return {};
}

Result<void> SqliteConnection::run(std::string_view sql, const Values& parameters, Rows* rows) {
  if (failed_)
    return fail(ErrorCode::Internal, "transaction_failed",
                "An earlier statement of this transaction failed: it can only be left.");
  const Waiting waiting(*this);
  SWARMA_TRY(Statement* const statement, find_statement(sql));
  const Reset reset{statement->handle};
  SWARMA_RETURN_IF_ERROR(bind(*statement, parameters));
  for (;;) {
    const int code = sqlite3_step(statement->handle);
    if (code == SQLITE_DONE) {
      if (lock_.is_blocked()) lock_.had();
      return {};
    }
    if (code != SQLITE_ROW) return failure(code);
    if (rows != nullptr) rows->push_back(current_row(statement->handle));
  }
}

Result<Rows> SqliteConnection::query(std::string_view sql, const Values& parameters) {
  Rows rows;
  SWARMA_RETURN_IF_ERROR(run(sql, parameters, &rows));
  return rows;
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql, const Values& parameters) {
  const auto before = sqlite3_total_changes64(handle_);
  SWARMA_RETURN_IF_ERROR(run(sql, parameters, nullptr));
  // sqlite3_changes keeps the count of the last INSERT, UPDATE or DELETE; other statements change no rows.
  return sqlite3_total_changes64(handle_) == before ? 0 : sqlite3_changes64(handle_);
}

Result<void> SqliteConnection::run_script(const std::string& sql) {
  const Waiting waiting(*this);
  if (const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr); code != SQLITE_OK)
    return failure(code);
  return {};
}

Result<bool> SqliteConnection::only_reads(std::string_view sql) {
  const Waiting waiting(*this);
  SWARMA_TRY(const Statement* const statement, find_statement(sql));
  return sqlite3_stmt_readonly(statement->handle) != 0;
}

Result<void> SqliteConnection::check_place() {
  int moved = 0;
  if (sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0)
    return fail(ErrorCode::Io, "database_gone", "The database file was removed or replaced while it was in use.");
  return {};
}

namespace {

/// Whether the file holds as many pages as its first one says. Nothing: it is in memory.
Result<std::optional<bool>> is_whole(sqlite3* handle) {
  // By SQLite's own descriptor: closing another one would end the locks of this process (sqlite.org/howtocorrupt.html).
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr ||
      file->pMethods == nullptr)
    return std::nullopt;
  std::array<std::uint8_t, 100> header{};
  sqlite3_int64 size = 0;
  const int code = file->pMethods->xRead(file, header.data(), header.size(), 0);
  if ((code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
    return fail(ErrorCode::Io, "database_io", "The database file cannot be read.");
  const auto number = [&](std::size_t at) {
    return std::uint32_t{header[at]} << 24 | std::uint32_t{header[at + 1]} << 16 | std::uint32_t{header[at + 2]} << 8 |
           header[at + 3];
  };
  // https://www.sqlite.org/fileformat.html: the page size at 16 (1 stands for 65536), the number of pages at 28.
  const std::uint32_t page = header[16] << 8 | header[17];
  const sqlite3_int64 promised = sqlite3_int64{number(28)} * (page == 1 ? 65536 : page);
  static constexpr std::string_view kMagic("SQLite format 3\0", 16);
  return std::string_view(reinterpret_cast<const char*>(header.data()), kMagic.size()) == kMagic && size >= promised;
}

// A checkpoint writes the first page, which says how many there are, before the last ones: for a moment the file is
// shorter than it says. It is damaged only if it stays so.
constexpr int kLooksAtFile = 20;
constexpr std::chrono::milliseconds kBetweenLooks{100};

}  // namespace

Result<void> SqliteConnection::check_file() {
  SWARMA_RETURN_IF_ERROR(check_place());
  sqlite3_db_release_memory(handle_);  // what is read next comes from the disk
  for (int look = 1;; ++look) {
    SWARMA_TRY(const std::optional<bool> whole, is_whole(handle_));
    if (whole.value_or(true)) return {};
    if (look == kLooksAtFile)
      return fail(ErrorCode::Io, "database_corrupt", "The database file was overwritten or cut short.");
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

Result<void> SqliteConnection::set_durability(Durability durability) {
  if (durability == durability_) return {};
  SWARMA_RETURN_IF_ERROR(
      run_script(durability == Durability::Full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  durability_ = durability;
  return {};
}

Result<void> SqliteConnection::begin() {
  SWARMA_RETURN_IF_ERROR(run("BEGIN IMMEDIATE", {}, nullptr));
  in_transaction_ = true;
  return {};
}

Result<void> SqliteConnection::commit() {
  if (auto done = run("COMMIT", {}, nullptr); !done) {
    rollback();
    return done;
  }
  in_transaction_ = false;
  return {};
}

void SqliteConnection::rollback() {
  failed_ = false;
  in_transaction_ = false;
  // Some failures (a full disk) have already rolled back.
  if (sqlite3_get_autocommit(handle_) == 0) static_cast<void>(run("ROLLBACK", {}, nullptr));
}

}  // namespace swarma::db
