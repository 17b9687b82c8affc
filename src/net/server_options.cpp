#include "net/server_options.h"

namespace swarma::net {

void describe(OptionSet& options, ServerOptions& s) {
  options.insert(options.end(),
                 {{"public-url", &s.public_url, "how others reach this node, behind a proxy or a name"},
                  {"trusted-proxy", &s.trusted_proxies, "address whose X-Forwarded-For is believed; may repeat"},
                  {"loops", &s.loops, "event loops; 0: one a core"},
                  {"workers", &s.workers, "threads for what blocks", 1, 256},
                  {"max-connections", &s.max_connections, "open connections"},
                  {"max-connections-per-address", &s.max_connections_per_address, "of one address"},
                  {"header-timeout", &s.header_timeout, "seconds for the head of a request"},
                  {"idle-timeout", &s.idle_timeout, "seconds between requests"},
                  {"body-timeout", &s.body_timeout, "seconds without a byte of a body"},
                  {"min-read-rate", &s.min_read_rate, "bytes a second that the reader of a body takes at least; 0: any",
                   0, 1 << 30},
                  {"read-window", &s.read_window, "seconds over which --min-read-rate is measured", 1, 86'400},
                  {"drain-timeout", &s.drain_timeout, "seconds for requests under way when stopping"}});
}

}  // namespace swarma::net
