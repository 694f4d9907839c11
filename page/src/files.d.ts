// SPDX-License-Identifier: MIT
// What the bundler makes of files that are no scripts: of the engine its base64, of markup its text.
declare module "*.gz" {
    const base64: string;
    export default base64;
}
declare module "*.html" {
    const markup: string;
    export default markup;
}
