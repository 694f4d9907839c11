// SPDX-License-Identifier: MIT
// The bundler puts the file here as base64.
declare module "*.gz" {
    const base64: string;
    export default base64;
}
