// Builds the script of a run that is exported as one file, after the page: it keeps what is in the folder.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  publicDir: false,
  build: {
    outDir: here("../src/wxb/page/static"),
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: here("src/single/try.ts"), formats: ["iife"], name: "wxbNetwork", fileName: () => "single.js" },
  },
});
