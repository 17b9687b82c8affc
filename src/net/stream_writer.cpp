#include "net/stream_writer.h"

#include "net/stream_queue.h"

namespace swarma::net {

StreamWriter::~StreamWriter() {
  if (queue_) queue_->end();
}

bool StreamWriter::write(std::string piece) {
  return queue_->write(piece);
}

bool StreamWriter::is_open() const {
  return queue_->is_open();
}

void StreamWriter::on_drained(std::function<void()> more) {
  queue_->on_drained(std::move(more));
}

}  // namespace swarma::net
