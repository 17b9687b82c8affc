// catalog asks content: which blobs are there, take this one away if nobody used it lately, and what the store
// remembers of the databases that use it.
#pragma once

#include "catalog/registry/sweep.h"
#include "content/blob/blob_store.h"
#include "content/blob/store_notes.h"

namespace swarma::node {

class StoreSweptBlobs final : public catalog::registry::SweptBlobs {
 public:
  explicit StoreSweptBlobs(content::blob::BlobStore& store) : store_(store) {}
  Result<void> list(const std::function<bool(const BlobId&, std::uint64_t)>& visit) override {
    return store_.list(visit);
  }
  Result<bool> remove_if_last_used(const BlobId& id, Instant not_before, Instant before) override {
    return store_.remove_if_unused_since(id, before, not_before);
  }

 private:
  content::blob::BlobStore& store_;
};

class FolderMemory final : public catalog::registry::StoreMemory {
 public:
  FolderMemory(content::blob::StoreNotes notes, content::blob::BlobStore& store, const Clock& clock)
      : notes_(std::move(notes)), store_(store), clock_(clock) {}
  Result<Instant> claim(const std::string& database) override { return notes_.claim(database, store_, clock_.now()); }
  Result<std::vector<std::string>> list_databases() override { return notes_.list_databases(); }
  Result<std::vector<catalog::registry::TitleRevision>> list_titles() override { return notes_.list_titles(); }
  Result<void> note_title(const catalog::registry::TitleRevision& title) override { return notes_.note_title(title); }
  Result<void> forget_title(const catalog::registry::TitleRevision& title) override {
    return notes_.forget_title(title);
  }
  Result<void> adopt(const std::string& database) override { return notes_.adopt(database); }

 private:
  content::blob::StoreNotes notes_;
  content::blob::BlobStore& store_;
  const Clock& clock_;
};

}  // namespace swarma::node
