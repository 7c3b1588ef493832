// Answers as they grow: appends the blocks that are finished, lays out anew the one that is not. See feed.py.

const THEME = [
    "--st-code-background-color", "--st-code-text-color", "--st-text-color", "--st-base-radius",
    "--st-code-font", "--st-code-font-size", "--st-code-font-weight",
];
const none = { run: null, number: 0, slots: [], asked: 0, theme: null };
let shown = none;

export default function ({ data, parentElement, setTriggerValue }) {
    if (data.run !== shown.run)
        shown = { ...none, run: data.run, slots: data.slots.map(() => ({ root: log(), fixed: 0, blocks: 0, open: "" })) };
    if (shown.number < data.since) {
        if (performance.now() - shown.asked > 1000) {
            shown.asked = performance.now();
            setTriggerValue("missed", data.number);
        }
        return;
    }
    shown.number = data.number;
    dress(parentElement);
    // First everything is read, then everything written, then scrolled: so the browser lays out once.
    for (const slot of shown.slots) if (drawn(slot)) slot.follows = left(slot.box) < 8;
    shown.slots.forEach((slot, n) => { lay(slot, data.slots[n]); place(slot, n); });
    for (const slot of shown.slots) if (slot.follows && drawn(slot)) slot.box.scrollTop += left(slot.box);
}

const drawn = ({ root }) => root.checkVisibility({ contentVisibilityAuto: true });
const left = box => box.scrollHeight - box.scrollTop - box.clientHeight;

function log() {
    const root = document.createElement("div");
    root.className = "growing";
    root.role = "log";
    root.ariaLive = "off"; // a screen reader that read eight answers as they come would never end
    root.ariaLabel = "The answer so far";
    return root;
}

// The component alone knows the theme's variables.
function dress(parentElement) {
    const theme = parentElement.parentElement.className;
    if (theme === shown.theme) return;
    shown.theme = theme;
    const style = getComputedStyle(parentElement);
    for (const { root } of shown.slots)
        for (const name of THEME) root.style.setProperty(name, style.getPropertyValue(name));
}

// Puts the text on its card, again where Streamlit has drawn the card anew.
function place(slot, n) {
    if (slot.root.isConnected) return;
    const card = document.querySelector(`.st-key-growing_${n} [data-testid="stMarkdownContainer"]`);
    if (!card) return;
    card.append(slot.root);
    slot.box = card.closest(`.st-key-answer_${n}`);
    while (!/auto|scroll/.test(getComputedStyle(slot.box).overflowY)) slot.box = slot.box.parentElement;
    slot.follows = true;
}

// Takes in what is new of one answer.
function lay(slot, [first, finished, kept, rest]) {
    const fresh = finished.slice(slot.blocks - first).join(""), open = slot.open.slice(0, kept) + rest;
    if (!fresh && open === slot.open) return;
    const [done, growing] = [parsed(fresh), parsed(open)];
    morph(slot.root, slot.fixed, [...done, ...growing]);
    Object.assign(slot, { open, blocks: first + finished.length, fixed: slot.fixed + done.length });
}

function parsed(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return [...template.content.childNodes];
}

// Makes the children from this one on like `nodes`. What is the same stays itself, and so does a selection in it.
function morph(parent, from, nodes) {
    nodes.forEach((node, n) => {
        const old = parent.childNodes[from + n];
        if (!old) parent.append(node);
        else if (old.nodeType === 3 && node.nodeType === 3) write(old, node.data);
        else if (old.cloneNode(false).isEqualNode(node.cloneNode(false))) morph(old, 0, [...node.childNodes]);
        else old.replaceWith(node);
    });
    while (parent.childNodes.length > from + nodes.length) parent.lastChild.remove();
}

function write(text, data) {
    if (data.startsWith(text.data)) text.appendData(data.slice(text.data.length));
    else text.data = data;
}
