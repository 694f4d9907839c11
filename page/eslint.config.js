// SPDX-License-Identifier: MIT
// What is a mistake in the scripts of the page and in its tests; how they are laid out is not its business.
import { fileURLToPath } from "node:url";

import js from "@eslint/js";
import typescript from "typescript-eslint";

const here = fileURLToPath(new URL(".", import.meta.url));
const node = ["Buffer", "URL", "WebAssembly", "console", "process", "setTimeout", "performance"];
const browser = [
    "document",
    "getComputedStyle",
    "URLSearchParams",
    "innerWidth",
    "location",
    "PointerEvent",
    "TextDecoder",
    "TextEncoder",
    "performance",
    "requestAnimationFrame",
    "window",
];
const readonly = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
    { ignores: ["node_modules/"] },
    js.configs.recommended,
    ...typescript.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ["src/**/*.ts"] })),
    {
        files: ["src/**/*.ts"],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: here } },
        rules: {
            "@typescript-eslint/no-non-null-assertion": "off", // where the script itself has made sure
            "no-undef": "off", // the compiler knows
        },
    },
    { files: ["tests/**/*.mjs", "eslint.config.js"], languageOptions: { globals: readonly([...node, ...browser]) } },
    { rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-implicit-coercion": ["error", { allow: ["!!"] }] } },
];
