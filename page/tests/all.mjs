// SPDX-License-Identifier: MIT
// Every test of the page in one process, which has one browser: node page/tests/all.mjs, as ctest -R page calls it.
import "./arithmetic.mjs";
import "./picture.mjs";
import "./steps.mjs";
import "./edits.mjs";
import "./formula.mjs";
import "./odd.mjs";
import "./fold.mjs";
import "./looks.mjs";
