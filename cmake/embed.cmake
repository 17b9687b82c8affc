# swarma_embed(TARGET NAME BASE FILES…)
#
# Puts files into a library as they are (.incbin) and generates `embedded_<NAME>.h`'s table:
#   namespace swarma::embedded { std::span<const File> NAME(); }   (src/base/embedded.h has File)
function(swarma_embed target name base)
  set(dir ${CMAKE_BINARY_DIR}/embedded)
  set(asm "  .section .rodata\n")
  set(externs "")
  set(rows "")
  set(index 0)
  foreach(file ${ARGN})
    file(RELATIVE_PATH relative ${base} ${file})
    set(symbol swarma_embedded_${name}_${index})
    string(APPEND asm "  .global ${symbol}\n${symbol}:\n  .incbin \"${file}\"\n  .global ${symbol}_end\n${symbol}_end:\n  .byte 0\n")
    string(APPEND externs "extern const char ${symbol}[], ${symbol}_end[];\n")
    string(APPEND rows "      {\"${relative}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND asm "  .section .note.GNU-stack,\"\",@progbits\n")
  file(CONFIGURE OUTPUT ${dir}/${name}.S CONTENT "${asm}" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/${name}.cpp CONTENT
"#include \"base/embedded.h\"\n
#include <vector>\n
extern \"C\" {
${externs}}
namespace swarma::embedded {
std::span<const File> ${name}() {
  static const std::vector<File> files = {
${rows}  };
  return files;
}
}  // namespace swarma::embedded
" @ONLY)
  set_source_files_properties(${dir}/${name}.S PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE ${dir}/${name}.S ${dir}/${name}.cpp)
endfunction()
