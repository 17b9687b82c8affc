// One node: builds every part in order, connects the planes, serves until told to stop.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/keys.h"
#include "node/config.h"

namespace swarma::node {

class Node {
 public:
  /// Opens the database (and migrates it), the blobs and the listening socket. Errors are sentences for the operator.
  /// `clock` decides what is valid, has ended and is forgotten, and outlives the node; timeouts of connections do not
  /// follow it.
  static Result<std::unique_ptr<Node>> create(const Config& config, crypto::Identity identity,
                                              const Clock& clock = system_clock());
  virtual ~Node() = default;

  virtual void run() = 0;   // blocks until stop() has drained
  virtual void stop() = 0;  // from any thread
  /// Takes the certificate's files again. From any thread.
  virtual void reload() = 0;
  virtual std::string url() const = 0;
  /// A fresh one-time link to the studio while nobody has signed in to it yet; empty afterwards.
  virtual std::string studio_link() = 0;
  /// Forgets what has ended, as a running node does every minute.
  virtual void tidy_up() = 0;
};

}  // namespace swarma::node
