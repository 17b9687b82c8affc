#include "net/http_client.h"

#include <algorithm>
#include <mutex>

#include "net/curl_transfer.h"

namespace swarma::net {
namespace {

constexpr std::size_t kKeptHandles = 32;  // idle handles, each with its open connections

}  // namespace

struct HttpClient::Impl {
  explicit Impl(ClientOptions given) : options(std::move(given)) {}

  ClientOptions options;
  std::mutex mutex;
  std::vector<Easy> idle_handles;
  std::vector<Multi> idle_multis;

  template <class Handle>
  Handle take(std::vector<Handle>& idle, Handle (*make)());
  template <class Handle>
  void give_back(std::vector<Handle>& idle, Handle handle);
};

/// The one used last first: its connections are the likeliest to be open still.
template <class Handle>
Handle HttpClient::Impl::take(std::vector<Handle>& idle, Handle (*make)()) {
  const std::lock_guard lock(mutex);
  if (idle.empty()) return make();
  Handle handle = std::move(idle.back());
  idle.pop_back();
  return handle;
}

template <class Handle>
void HttpClient::Impl::give_back(std::vector<Handle>& idle, Handle handle) {
  const std::lock_guard lock(mutex);
  if (idle.size() < kKeptHandles) idle.push_back(std::move(handle));
}

HttpClient::HttpClient(ClientOptions options) {
  init_curl();
  impl_ = std::make_unique<Impl>(std::move(options));
}

HttpClient::~HttpClient() = default;

Result<ClientResponse> HttpClient::send(const ClientRequest& request) {
  Easy easy = impl_->take<Easy>(impl_->idle_handles, [] { return Easy(curl_easy_init()); });
  if (!easy) throw std::bad_alloc();
  Transfer transfer;
  SWARMA_RETURN_IF_ERROR(prepare_transfer(easy.get(), transfer, request, impl_->options));
  const CURLcode code = curl_easy_perform(easy.get());
  Result<ClientResponse> result = finish_transfer(easy.get(), code, transfer, request.url);
  impl_->give_back(impl_->idle_handles, std::move(easy));
  return result;
}

namespace {

/// Runs transfers on a multi handle, at most so many at a time.
class Batch {
 public:
  Batch(CURLM* multi, std::size_t count) : multi_(multi), transfers_(count), codes_(count, CURLE_OK) {}

  Transfer& transfer(std::size_t index) { return transfers_[index]; }
  CURLcode code(std::size_t index) const { return codes_[index]; }

  bool start(CURL* easy, std::size_t index) {
    curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(index));
    return curl_multi_add_handle(multi_, easy) == CURLM_OK;
  }

  /// Waits until at least one transfer is over; `on_done(index, easy)` for each.
  template <class OnDone>
  bool advance(OnDone on_done) {
    for (;;) {
      int running = 0, left = 0;
      if (curl_multi_perform(multi_, &running) != CURLM_OK) return false;
      bool any = false;
      while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* easy = message->easy_handle;
        const CURLcode code = message->data.result;
        void* tag = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &tag);
        curl_multi_remove_handle(multi_, easy);
        const auto index = reinterpret_cast<std::size_t>(tag);
        codes_[index] = code;
        on_done(index, easy);
        any = true;
      }
      if (any) return true;
      if (curl_multi_poll(multi_, nullptr, 0, 1000, nullptr) != CURLM_OK) return false;
    }
  }

 private:
  CURLM* multi_;
  std::vector<Transfer> transfers_;
  std::vector<CURLcode> codes_;
};

}  // namespace

std::vector<Result<ClientResponse>> HttpClient::send_all(std::span<const ClientRequest> requests) {
  std::vector<Result<ClientResponse>> results(
      requests.size(),
      fail(ErrorCode::Unavailable, "unreachable", "The request was not sent: an earlier one failed inside curl."));
  if (requests.empty()) return results;
  Multi multi = impl_->take<Multi>(impl_->idle_multis, [] { return Multi(curl_multi_init()); });
  if (!multi) throw std::bad_alloc();
  Batch batch(multi.get(), requests.size());
  std::vector<Easy> handles;
  std::vector<CURL*> free_handles;
  for (std::size_t i = 0; i < std::min<std::size_t>(std::max(1u, impl_->options.max_parallel), requests.size()); ++i) {
    handles.emplace_back(curl_easy_init());
    if (!handles.back()) throw std::bad_alloc();
    free_handles.push_back(handles.back().get());
  }
  std::size_t next = 0, running = 0;
  bool healthy = true;
  while (healthy && (next < requests.size() || running > 0)) {
    while (next < requests.size() && !free_handles.empty()) {
      const std::size_t index = next++;
      if (Result<void> ready =
              prepare_transfer(free_handles.back(), batch.transfer(index), requests[index], impl_->options);
          !ready) {
        results[index] = std::unexpected(std::move(ready).error());
      } else if (batch.start(free_handles.back(), index)) {
        free_handles.pop_back();
        ++running;
      }
    }
    if (running == 0) continue;
    healthy = batch.advance([&](std::size_t index, CURL* easy) {
      results[index] = finish_transfer(easy, batch.code(index), batch.transfer(index), requests[index].url);
      free_handles.push_back(easy);
      --running;
    });
  }
  for (const Easy& easy : handles) curl_multi_remove_handle(multi.get(), easy.get());
  handles.clear();
  if (healthy) impl_->give_back(impl_->idle_multis, std::move(multi));
  return results;
}

}  // namespace swarma::net
