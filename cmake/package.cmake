# SPDX-License-Identifier: Apache-2.0
# A package for Debian and its relatives: `./dev deb`. The program, the shared library with what is
# needed to build with it, the Python module, models and pages. What it depends on is read from the program
# (dpkg-shlibdeps).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME llmz)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "lossless compression with a language model")
set(CPACK_PACKAGE_DESCRIPTION
  "A language model predicts the text, and a range coder stores what it did not expect. Text, logs,
 chats and code become several times smaller than with xz; it is slow. The models are included.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "llmz <llmz@localhost>" CACHE STRING "who made the package")
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "gnuplot-nox, python3, g++, pkg-config")
include(CPack)
