// One node: the foundation, the parts of its roles, and the server that carries both until it is told to stop.
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
  ~Node();

  void run();   // blocks until stop() has drained
  void stop();  // from any thread
  /// Takes the certificate's files again. From any thread.
  void reload();
  std::string url() const;
  /// A fresh one-time link to the studio while nobody has signed in to it yet; empty afterwards.
  std::string studio_link();
  /// Forgets what has ended, as a running node does every minute.
  void tidy_up();

 private:
  struct Impl;
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::node
