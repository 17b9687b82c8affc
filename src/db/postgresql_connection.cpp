#include "db/postgresql_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>

namespace swarma::db {
namespace {

// Type numbers of pg_type.dat: fixed for all versions, though no client header has them.
enum : Oid {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kOid = 26,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
};

struct TypeOf {
  char letter;
  Oid oid;
};
TypeOf type_of(const Value& value) {
  constexpr std::array<TypeOf, 5> kTypes = {{{'n', 0}, {'i', kInt8}, {'d', kFloat8}, {'t', kText}, {'b', kBytea}}};
  return kTypes[value.index()];
}

/// Parameters in libpq's shape: bytes in binary, everything else as text.
class Parameters {
 public:
  explicit Parameters(const Values& values) {
    const std::size_t n = values.size();
    texts_.resize(n);
    pointers.resize(n);
    lengths.resize(n);
    formats.resize(n);
    for (std::size_t i = 0; i < n; ++i) add(i, values[i]);
  }
  std::vector<const char*> pointers;
  std::vector<int> lengths, formats;

 private:
  void add(std::size_t i, const Value& value) {
    if (const auto* bytes = std::get_if<Bytes>(&value)) {
      pointers[i] = bytes->empty() ? "" : reinterpret_cast<const char*>(bytes->data());
      lengths[i] = static_cast<int>(bytes->size());
      formats[i] = 1;
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      pointers[i] = text->c_str();
    } else if (!std::holds_alternative<std::nullptr_t>(value)) {
      auto& buffer = texts_[i];
      const auto end =
          std::holds_alternative<double>(value)
              ? std::to_chars(buffer.data(), buffer.data() + buffer.size() - 1, std::get<double>(value)).ptr
              : std::to_chars(buffer.data(), buffer.data() + buffer.size() - 1, std::get<std::int64_t>(value)).ptr;
      *end = '\0';
      pointers[i] = buffer.data();
    }
  }
  std::vector<std::array<char, 32>> texts_;
};

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

Bytes parse_bytea(std::string_view text) {  // "\x0aff"
  Bytes out;
  out.reserve(text.size() / 2);
  const auto digit = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  return out;
}

Value column_value(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return nullptr;
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case kBool:
      return std::int64_t{text == "t"};
    case kBytea:
      return parse_bytea(text);
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
    case kNumeric:  // sum(BIGINT) is numeric: an integer wherever it fits
      if (const auto integer = parse_number<std::int64_t>(text)) return *integer;
      [[fallthrough]];
    case kFloat4:
    case kFloat8:
      if (const auto real = parse_number<double>(text)) return *real;
      [[fallthrough]];
    default:
      return std::string(text);
  }
}

Error describe(std::string_view sqlstate, const std::string& what) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (group == "23") {
    return {ErrorCode::Conflict,
            sqlstate == "23505"   ? "unique_violation"
            : sqlstate == "23503" ? "foreign_key_violation"
                                  : "constraint_violation",
            "The database refused the change: " + what + "."};
  }
  if (sqlstate == "55P03" || group == "40")
    return {ErrorCode::Unavailable, "database_busy", "Too many changes to the same rows at once. Try again.",
            std::chrono::seconds(1)};
  if (sqlstate == "22021" || sqlstate == "22P05")
    return {ErrorCode::BadRequest, "bad_text", "Text in the database must be UTF-8 without NUL."};
  if (sqlstate == "53100") return {ErrorCode::Io, "disk_full", "The database cannot grow: its disk is full."};
  if (sqlstate == "58030" || sqlstate == "XX001" || sqlstate == "XX002")
    return {ErrorCode::Io, "database_io", "The database server cannot use its files: " + what + "."};
  if (sqlstate.empty() || group == "08" || group == "53" || group == "57")
    return {ErrorCode::Unavailable, "database_unavailable", "The database server is not available: " + what + "."};
  return {ErrorCode::Internal, "database_error", "A database statement failed: " + what + "."};
}

/// Serialisation failures and deadlocks: a fresh run of the same work can succeed.
bool is_retryable(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01";
}

/// What a prepared statement answers after another node's migration, or a reset by a connection pooler.
bool is_stale_statement(std::string_view sqlstate) {
  return sqlstate == "0A000" || sqlstate == "26000";
}

std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

void PostgresqlConnection::ResultDeleter::operator()(pg_result* result) const {
  PQclear(result);
}

PostgresqlConnection::~PostgresqlConnection() {
  PQfinish(handle_);
}

Result<std::unique_ptr<PostgresqlConnection>> PostgresqlConnection::open(const std::string& url) {
  // What comes before the URL is a default it may override: a server that cannot be reached, or vanished, is noticed.
  constexpr std::array kNames = {"connect_timeout",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "application_name",
                                 "dbname",
                                 "client_encoding",
                                 static_cast<const char*>(nullptr)};
  const std::array values = {
      "2", "5000", "5", "2", "2", "swarma", url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  std::unique_ptr<PostgresqlConnection> connection(
      new PostgresqlConnection(PQconnectdbParams(kNames.data(), values.data(), 1)));
  if (connection->handle_ == nullptr || PQstatus(connection->handle_) != CONNECTION_OK)
    return fail(ErrorCode::Unavailable, "database_unavailable",
                "Cannot connect to the PostgreSQL server: " + first_line(PQerrorMessage(connection->handle_)) + ".");
  PQsetNoticeProcessor(connection->handle_, [](void*, const char*) {}, nullptr);
  SWARMA_TRY(const Rows rows, connection->query("SELECT current_setting('synchronous_commit')"));
  const std::string& configured = rows.at(0).text(0);
  connection->full_commit_ = configured == "off" ? "on" : configured;
  SWARMA_RETURN_IF_ERROR(connection->run_script(
      "SET synchronous_commit=off; SET bytea_output=hex; SET lock_timeout=2000; SET statement_timeout=10000"));
  return connection;
}

std::unexpected<Error> PostgresqlConnection::failure(const pg_result* result) {
  const char* code = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view sqlstate = code == nullptr ? "" : code;
  const bool stale = reused_statement_ && is_stale_statement(sqlstate);
  if (stale) statements_.clear();  // names are never used twice, so what the server may still hold does no harm
  state_ = stale || is_retryable(sqlstate) ? TransactionState::Retry : TransactionState::Failed;
  // Only the primary message: the details of a constraint hold the row's values.
  const char* primary = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return std::unexpected(describe(sqlstate, first_line(primary != nullptr ? primary : PQerrorMessage(handle_))));
}

Result<PostgresqlConnection::Answer> PostgresqlConnection::checked(pg_result* result) {
  Answer answer(result);
  const ExecStatusType status = PQresultStatus(result);  // of null: PGRES_FATAL_ERROR
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) return failure(result);
  return answer;
}

Result<std::string> PostgresqlConnection::find_statement(std::string_view sql, const Values& parameters) {
  key_.clear();
  for (const Value& value : parameters) key_.push_back(type_of(value).letter);
  key_.push_back(':');
  key_.append(sql);
  const auto found = statements_.find(key_);
  reused_statement_ = found != statements_.end();
  if (reused_statement_) return found->second;
  if (statements_.size() >= kMaxStatements) {
    SWARMA_RETURN_IF_ERROR(run_script("DEALLOCATE ALL"));
    statements_.clear();
  }
  std::vector<Oid> types;
  for (const Value& value : parameters) types.push_back(type_of(value).oid);
  std::string name = "s" + std::to_string(next_name_++);
  SWARMA_RETURN_IF_ERROR(checked(
      PQprepare(handle_, name.c_str(), std::string(sql).c_str(), static_cast<int>(types.size()), types.data())));
  statements_.emplace(key_, name);
  return name;
}

Result<PostgresqlConnection::Answer> PostgresqlConnection::run(std::string_view sql, const Values& parameters) {
  if (in_transaction_ && state_ != TransactionState::Fine)
    return fail(ErrorCode::Internal, "transaction_failed",
                "An earlier statement of this transaction failed: it can only be left.");
  for (const Value& value : parameters)
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && text->find('\0') != std::string::npos) {
      state_ = TransactionState::Failed;
      return fail(ErrorCode::BadRequest, "bad_text", "Text in the database cannot hold a NUL character.");
    }
  SWARMA_TRY(const std::string name, find_statement(sql, parameters));
  const Parameters shaped(parameters);
  return checked(PQexecPrepared(handle_, name.c_str(), static_cast<int>(parameters.size()), shaped.pointers.data(),
                                shaped.lengths.data(), shaped.formats.data(), 0));
}

Result<Rows> PostgresqlConnection::query(std::string_view sql, const Values& parameters) {
  SWARMA_TRY(const Answer answer, run(sql, parameters));
  const int count = PQntuples(answer.get());
  const int columns = PQnfields(answer.get());
  Rows rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) values.push_back(column_value(answer.get(), row, column));
    rows.emplace_back(std::move(values));
  }
  return rows;
}

Result<std::int64_t> PostgresqlConnection::execute(std::string_view sql, const Values& parameters) {
  SWARMA_TRY(const Answer answer, run(sql, parameters));
  if (PQresultStatus(answer.get()) == PGRES_TUPLES_OK &&
      std::string_view(PQcmdStatus(answer.get())).starts_with("SELECT"))
    return 0;
  return parse_number<std::int64_t>(PQcmdTuples(answer.get())).value_or(0);  // "" for statements that change no rows
}

Result<void> PostgresqlConnection::run_script(const std::string& sql) {
  reused_statement_ = false;
  SWARMA_RETURN_IF_ERROR(checked(PQexec(handle_, sql.c_str())));
  return {};
}

Result<void> PostgresqlConnection::begin(Isolation isolation, Durability durability) {
  state_ = TransactionState::Fine;
  std::string sql = isolation == Isolation::Serializable ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                                                         : "BEGIN ISOLATION LEVEL READ COMMITTED";
  if (durability == Durability::Full) sql += "; SET LOCAL synchronous_commit=" + full_commit_;
  if (auto begun = run_script(sql); !begun) {
    if (PQstatus(handle_) != CONNECTION_OK) state_ = TransactionState::Retry;  // nothing was done yet
    return begun;
  }
  in_transaction_ = true;
  return {};
}

Result<void> PostgresqlConnection::commit() {
  in_transaction_ = false;
  SWARMA_TRY(const Answer answer, checked(PQexec(handle_, "COMMIT")));
  // COMMIT of a doomed transaction succeeds by rolling back.
  if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT")
    return fail(ErrorCode::Internal, "transaction_failed",
                "The database undid the transaction instead of committing it.");
  return {};
}

void PostgresqlConnection::rollback() {
  in_transaction_ = false;
  if (PQtransactionStatus(handle_) == PQTRANS_IDLE) return;
  PQclear(PQexec(handle_, "ROLLBACK"));  // a connection that cannot even do this is dropped by alive()
}

bool PostgresqlConnection::alive() const {
  if (PQstatus(handle_) != CONNECTION_OK || PQtransactionStatus(handle_) != PQTRANS_IDLE) return false;
  // A server speaks unasked only to say goodbye (or to hang up): then a new connection is due.
  pollfd socket{PQsocket(handle_), POLLIN, 0};
  return ::poll(&socket, 1, 0) == 0;
}

}  // namespace swarma::db
