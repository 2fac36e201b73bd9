# SPDX-License-Identifier: MIT
#
# Makes OUT, a C file that holds the report's script and style with the hashes by which its policy knows them:
#
#     cmake -DSCRIPTS=plots.js,report.js -DSTYLE=report.css -DOUT=report_assets.c -P embed.cmake

# The digits of base64 for a number of HEX digits.
function(to_base64 hex out)
  set(letters ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(text "")
  string(LENGTH ${hex} len)
  set(at 0)
  while(at LESS len)
    string(SUBSTRING ${hex} ${at} 6 piece)
    string(LENGTH ${piece} digits)
    math(EXPR missing "6 - ${digits}")
    string(SUBSTRING "${piece}000000" 0 6 piece)
    math(EXPR value "0x${piece}")
    math(EXPR wanted "4 - ${missing} / 2")
    foreach(shift 18 12 6 0)
      math(EXPR place "3 - ${shift} / 6")
      math(EXPR index "(${value} >> ${shift}) & 63")
      string(SUBSTRING ${letters} ${index} 1 letter)
      if(place LESS wanted)
        string(APPEND text ${letter})
      else()
        string(APPEND text "=")
      endif()
    endforeach()
    math(EXPR at "${at} + 6")
  endwhile()
  set(${out} ${text} PARENT_SCOPE)
endfunction()

function(embed name file)
  file(READ ${file} hex HEX)
  file(SHA256 ${file} digest)
  to_base64(${digest} hash)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  file(APPEND ${OUT}.new "const char capp_report_${name}[] = {\n${bytes}0};\n"
    "const char capp_report_${name}_hash[] = \"sha256-${hash}\";\n")
endfunction()

file(WRITE ${OUT}.new "/* Made by embed.cmake. */\n#include \"pcap/report.h\"\n")
string(REPLACE "," ";" scripts ${SCRIPTS})
file(WRITE ${OUT}.js "")
foreach(script ${scripts})
  file(READ ${script} text)
  file(APPEND ${OUT}.js "${text}")
endforeach()
embed(script ${OUT}.js)
embed(style ${STYLE})
file(RENAME ${OUT}.new ${OUT})
