# SPDX-License-Identifier: Apache-2.0
# cmake -DPAGE=FOLDER -DOUT=FILE -P embed_page.cmake: a source file with the page of src/cli/page, its
# style and its scripts put in, cut where the data goes. The page's policy lets nothing but these two
# elements style and run: it names them by their hashes.

# SHA-256 as base64, as policies want it: three hexadecimal digits are two of base64.
function(policy_hash text out)
  set(digits ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  string(SHA256 hex "${text}")
  set(hash "")
  foreach(at RANGE 0 63 3)
    string(SUBSTRING "${hex}00" ${at} 3 group)
    math(EXPR high "0x${group} >> 6")
    math(EXPR low "0x${group} & 63")
    string(SUBSTRING ${digits} ${high} 1 high)
    string(SUBSTRING ${digits} ${low} 1 low)
    string(APPEND hash ${high}${low})
  endforeach()
  string(SUBSTRING ${hash} 0 43 hash)
  set(${out} "sha256-${hash}=" PARENT_SCOPE)
endfunction()

file(READ ${PAGE}/page.html page)
file(READ ${PAGE}/page.css style)
set(script "")
foreach(part text model curve details page)
  file(READ ${PAGE}/${part}.js code)
  string(APPEND script "${code}")
endforeach()
policy_hash("${style}" style_hash)
policy_hash("${script}" script_hash)
foreach(name style_hash script_hash style script)
  string(REPLACE "@${name}@" "${${name}}" page "${page}")
endforeach()
string(FIND "${page}" "@data@" cut)
string(SUBSTRING "${page}" 0 ${cut} before)
math(EXPR cut "${cut} + 6")
string(SUBSTRING "${page}" ${cut} -1 after)
file(WRITE ${OUT} "// Made by cmake/embed_page.cmake.
#include \"cli/page_template.h\"

const char* const llmz::kPageBeforeData = R\"~~~(${before})~~~\";
const char* const llmz::kPageAfterData = R\"~~~(${after})~~~\";
")
