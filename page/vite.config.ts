// Builds the page into the Python package, and notes which packages went into it for the list of licences.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes the names of the packages whose modules the bundle holds into node_modules/.bundled.json. */
function bundled(): Plugin {
  return {
    name: "bundled",
    generateBundle(_, bundle) {
      const names = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) {
          const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
          if (name) names.add(name);
        }
      }
      writeFileSync(here("node_modules/.bundled.json"), JSON.stringify([...names].sort()));
    },
  };
}

/** Writes the words of the scenes' addresses into scenes.json, for the tour as static files. */
function scenes(): Plugin {
  return {
    name: "scenes",
    generateBundle() {
      const text = readFileSync(here("src/tour/scenes.ts"), "utf8");
      const paths = [...text.matchAll(/^ +path: "([a-z-]+)",$/gm)].map((one) => one[1]);
      this.emitFile({ type: "asset", fileName: "scenes.json", source: JSON.stringify(paths) });
    },
  };
}

export default defineConfig({
  plugins: [svelte(), bundled(), scenes()],
  base: "/",
  build: {
    outDir: here("../src/wxb/page/static"),
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    target: "es2022",
  },
  server: { proxy: { "/api": "http://127.0.0.1:7860" } },
});
