// The words that everything on an event loop shares, on the side of a server and of a client. Only net/ includes this.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/basic_stream_socket.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace swarma::net {

// The concrete executor: the type-erased one costs an allocation per operation.
using Executor = asio::io_context::executor_type;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

constexpr std::size_t kReadBuffer = 64 * 1024;  // of a loop, for all its connections

struct LoopCounters {
  std::atomic<std::uint64_t> requests{0}, bytes_sent{0}, errors_4xx{0}, errors_5xx{0}, slow_streams{0};
};

}  // namespace swarma::net
