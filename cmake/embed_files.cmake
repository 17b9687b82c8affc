# cmake -DNAME=… -DFOLDER=… -DPATTERN=… -DOUT=… -P embed_files.cmake: writes OUT/NAME.S and OUT/NAME.cpp (see embed.cmake).
set(copy ${OUT}/${NAME})
file(REMOVE_RECURSE ${copy})
file(MAKE_DIRECTORY ${copy})
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/${PATTERN})
list(SORT files)
set(asm "  .section .rodata\n")
set(externs "")
set(rows "")
set(index 0)
foreach(file ${files})
  if(IS_DIRECTORY ${FOLDER}/${file})
    continue()
  endif()
  file(COPY_FILE ${FOLDER}/${file} ${copy}/${index})
  set(symbol swarma_embedded_${NAME}_${index})
  string(APPEND asm "  .global ${symbol}\n${symbol}:\n  .incbin \"${copy}/${index}\"\n  .global ${symbol}_end\n${symbol}_end:\n  .byte 0\n")
  string(APPEND externs "extern const char ${symbol}[], ${symbol}_end[];\n")
  string(APPEND rows "      {\"${file}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT}/${NAME}.S "${asm}  .section .note.GNU-stack,\"\",@progbits\n")
if(index EQUAL 0)
  set(table "  return {};\n")
else()
  set(table "  static const std::vector<File> files = {\n${rows}  };\n  return files;\n")
endif()
file(WRITE ${OUT}/${NAME}.cpp
"#include \"base/embedded.h\"\n
#include <vector>\n
extern \"C\" {
${externs}}
namespace swarma::embedded {
std::span<const File> ${NAME}() {
${table}}
}  // namespace swarma::embedded
")
