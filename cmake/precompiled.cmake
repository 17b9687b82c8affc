# Precompiled headers, made once and shared by all modules: std for all, asio for net, test for the test programs. They only save
# time: every file still includes what it uses, and the preset dev, which does without, is the check of that.
option(SWARMA_PRECOMPILED "use precompiled headers" OFF)

function(swarma_make_precompiled name)
  if(SWARMA_PRECOMPILED)
    add_library(swarma_pch_${name} OBJECT ${PROJECT_SOURCE_DIR}/cmake/pch/empty.cpp)
    target_link_libraries(swarma_pch_${name} PRIVATE swarma_flags ${ARGN})
    target_precompile_headers(swarma_pch_${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch/${name}.h)
  endif()
endfunction()

function(swarma_use_precompiled target name)
  if(SWARMA_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM swarma_pch_${name})
  endif()
endfunction()

swarma_make_precompiled(std)
swarma_make_precompiled(asio Threads::Threads)
if(SWARMA_TESTS)
  swarma_make_precompiled(test GTest::gtest GTest::gmock)
endif()
