#include "access/grant/prepared_titles.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace swarma::access::grant {

struct PreparedTitles::Impl {
  SignedTitles& source;
  std::shared_mutex mutex;
  std::unordered_map<TitleId, std::shared_ptr<const PreparedTitle>> titles;

  std::shared_ptr<const PreparedTitle> find(const TitleId& title, std::int64_t revision) {
    const std::shared_lock lock(mutex);
    const auto found = titles.find(title);
    return found != titles.end() && found->second->record.revision == revision ? found->second : nullptr;
  }

  void put(const TitleId& title, const std::shared_ptr<const PreparedTitle>& prepared) {
    const std::unique_lock lock(mutex);
    // Any one goes: which is cold is not worth knowing, a prepared title costs a millisecond.
    if (titles.size() >= kMaxPreparedTitles && !titles.contains(title)) titles.erase(titles.begin());
    titles[title] = prepared;
  }

  void forget(const TitleId& title) {
    const std::unique_lock lock(mutex);
    titles.erase(title);
  }
};

PreparedTitles::PreparedTitles(SignedTitles& titles) : impl_(new Impl{titles, {}, {}}) {}
PreparedTitles::~PreparedTitles() = default;

SignedTitles& PreparedTitles::source() {
  return impl_->source;
}

std::shared_ptr<const PreparedTitle> PreparedTitles::find_known(const TitleId& title) {
  const std::shared_lock lock(impl_->mutex);
  const auto found = impl_->titles.find(title);
  return found != impl_->titles.end() ? found->second : nullptr;
}

Result<std::shared_ptr<const PreparedTitle>> PreparedTitles::get(const TitleId& title) {
  const auto unknown = [&] {
    impl_->forget(title);
    return fail(ErrorCode::NotFound, "title_not_found", "There is no title " + title.text() + " on this node.");
  };
  SWARMA_TRY(const auto revision, impl_->source.find_revision(title));
  if (!revision) {
    SWARMA_RETURN_IF_ERROR(impl_->source.find_current(title));  // which may know more of it
    return unknown();
  }
  if (auto cached = impl_->find(title, *revision)) return cached;
  SWARMA_TRY(auto current, impl_->source.find_current(title));
  if (!current) return unknown();
  SWARMA_TRY(auto prepared, prepare_title(*std::move(current)));
  if (prepared->record.id != title)
    return fail(ErrorCode::Corrupt, "record_bad", "The stored record of " + title.text() + " is about another title.");
  impl_->put(title, prepared);
  return prepared;
}

Result<std::shared_ptr<const PreparedTitle>> prepare_title(SignedTitle source) {
  SWARMA_TRY(auto record, title::verify_record(source.record));
  auto policy = policy::parse_policy_text(record.policy);
  if (!policy) return fail(ErrorCode::Corrupt, "record_bad", policy.error().message);
  policy::TitleShape shape{record.slots, record.duration_ms, record.key_groups};
  std::string hash = title::policy_hash(record.policy);
  std::string creator = crypto::thumbprint(record.creator.public_key());
  return std::make_shared<const PreparedTitle>(std::move(record), *std::move(policy), std::move(shape), std::move(hash),
                                               std::move(creator), std::move(source));
}

}  // namespace swarma::access::grant
