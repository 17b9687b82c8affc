// What nearly every file includes anyway. Measured with clang-19 at -O2: 0.5 s of the 0.5 to 6 s that a file takes.
// Left out on purpose: json.hpp, which costs the files that do not use it more than it saves the others, and
// <filesystem>, which brings <iomanip> and with it names that argument-dependent lookup finds where nobody asked
// (std::quoted).
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
