// One node: builds every part in order, connects the planes, serves until told to stop.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "crypto/keys.h"
#include "node/config.h"

namespace swarma::node {

class Node {
 public:
  /// Opens the database (and migrates it), the blobs and the listening socket. Errors are sentences for the operator.
  static Result<std::unique_ptr<Node>> create(const Config& config, crypto::Identity identity);
  virtual ~Node() = default;

  virtual void run() = 0;   // blocks until stop() has drained
  virtual void stop() = 0;  // from any thread
  virtual std::string url() const = 0;
  /// A fresh one-time link to the studio while nobody has signed in to it yet; empty afterwards.
  virtual std::string studio_link() = 0;
};

}  // namespace swarma::node
