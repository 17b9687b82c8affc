# swarma_embed(TARGET NAME FOLDER PATTERN STAMP…)
#
# Puts every file of FOLDER whose name fits PATTERN into a library as it is (.incbin), with a table of them:
#   namespace swarma::embedded { std::span<const File> NAME(); }   (src/base/embedded.h has File)
# Made anew when a STAMP changes. The files are copied first, so that a folder that is rebuilt meanwhile does no harm.
function(swarma_embed target name folder pattern)
  set(dir ${CMAKE_BINARY_DIR}/embedded)
  add_custom_command(
    OUTPUT ${dir}/${name}.S ${dir}/${name}.cpp
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DFOLDER=${folder} -DPATTERN=${pattern} -DOUT=${dir} -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${dir}/${name}.S ${dir}/${name}.cpp)
endfunction()
