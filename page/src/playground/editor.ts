// The text of a network as an editor: mistakes are underlined where they are, and words are completed.
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

export interface Editor {
  /** Show another text, unless it is this one. */
  set: (text: string) => void;
  /** Underline characters [from, to) of the text, with what is wrong there. */
  mark: (places: [number, number][], wrong: string) => void;
  focus: () => void;
  destroy: () => void;
}

const THEME = EditorView.theme({
  "&": { border: "1px solid var(--line)", borderRadius: "6px", background: "var(--paper)", color: "var(--ink)", fontSize: "0.9rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  "&.wrong": { borderColor: "var(--red)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { padding: "0.4rem 0.3rem", minHeight: "3.4rem", caretColor: "var(--ink)" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": { border: "1px solid var(--line)", borderRadius: "6px", background: "var(--raised)", color: "var(--ink)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "14rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-diagnostic": { fontFamily: "system-ui, sans-serif", borderLeft: "3px solid var(--red)" },
});

/** Words that begin as what stands before the cursor does; after the last comma those are heads. */
function completed(context: CompletionContext, words: string[], heads: string[]): CompletionResult | null {
  const before = context.matchBefore(/[A-Za-z]+/);
  if (!before && !context.explicit) return null;
  const behind = context.state.sliceDoc(0, context.pos).includes(",");
  const options = (behind ? heads : [...words, ...heads]).map((label) => ({
    label,
    type: heads.includes(label) ? "keyword" : "type",
  }));
  return { from: before?.from ?? context.pos, options, validFor: /^[A-Za-z]*$/ };
}

/** An editor in an element. It stands in a tree of its own, whose styles a page that allows none in its text takes. */
export function editor(
  place: HTMLElement,
  text: string,
  known: () => { words: string[]; heads: string[] },
  changed: (text: string) => void,
): Editor {
  const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
  const state = new Compartment();
  const standing = (wrong: boolean) => [
    EditorView.contentAttributes.of({ "aria-invalid": String(wrong) }),
    EditorView.editorAttributes.of({ class: wrong ? "wrong" : "" }),
  ];
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        history(),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        autocompletion({ override: [(context) => completed(context, known().words, known().heads)], icons: false }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "network", spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
        state.of(standing(false)),
        THEME,
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(next) {
      if (next !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    mark(places, wrong) {
      const end = view.state.doc.length;
      const marks = places.map(([from, to]) => {
        const last = Math.min(end, Math.max(to, from + 1));
        return { from: Math.max(0, Math.min(from, last - 1)), to: last, severity: "error" as const, message: wrong };
      });
      view.dispatch(setDiagnostics(view.state, marks), { effects: state.reconfigure(standing(wrong !== "")) });
    },
    focus() {
      view.focus();
      view.dispatch({ selection: { anchor: view.state.doc.length } });
    },
    destroy: () => view.destroy(),
  };
}
