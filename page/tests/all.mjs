// SPDX-License-Identifier: MIT
// Every test of the page in one process, which has one browser: node page/tests/all.mjs, as ctest -R test_page calls it.
import "./picture.mjs";
