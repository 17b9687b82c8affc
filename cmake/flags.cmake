# One set of flags for every module; a sanitizer or a fuzzer is a preset, not a second list.
add_library(swarma_flags INTERFACE)
target_compile_options(swarma_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-designated-field-initializers
  -Wnon-virtual-dtor -Werror=return-type -Werror=unused-result -fno-omit-frame-pointer -fstack-protector-strong)
# Asio 1.22 does not detect coroutines under clang with libstdc++.
target_compile_definitions(swarma_flags INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_HAS_CO_AWAIT
  ASIO_HAS_STD_COROUTINE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL SWARMA_VERSION="${PROJECT_VERSION}")
target_include_directories(swarma_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(swarma_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
find_program(SWARMA_MOLD mold)
if(SWARMA_MOLD)
  target_link_options(swarma_flags INTERFACE -fuse-ld=mold)
endif()
if(SWARMA_SANITIZE)
  add_compile_options(-fsanitize=${SWARMA_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SWARMA_SANITIZE})
endif()
find_program(SWARMA_CCACHE ccache)
if(SWARMA_CCACHE AND SWARMA_PRECOMPILED)
  # Precompiled headers hit the cache only when their time stamps are not part of them.
  add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${SWARMA_CCACHE})
elseif(SWARMA_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SWARMA_CCACHE})
endif()
