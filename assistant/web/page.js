// The behaviour of the page: what a click on its links and buttons asks of the server, and what the server's word changes here.
// The markup carries no script; everything is delegated from the document. Python reads what is sent as data of a stranger.
(() => {
  const state = { trigger: null, words: {}, opener: null, fault: "", place: "", conversation: "", asked: 0, following: false, step: "", uploads: false };
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  // What is asked of the server, by the names of Gradio's events that stand for it (BridgeEvents in page_parts.py).
  const EVENTS = {
    askAgain: "retry",
    editQuestion: "edit",
    rateAnswer: "like",
    openConversation: "option_select",
    renameConversation: "submit",
    deleteConversation: "delete",
    exportConversation: "download",
    shareConversation: "copy",
    removeUpload: "undo",
    switchLanguage: "apply",
    keepToArticle: "select",
  };
  const send = (request, value = {}) => state.trigger && state.trigger(EVENTS[request], value);
  const stored = (name, value, shelf = "localStorage") => {
    try {
      return value === undefined ? window[shelf].getItem(name) : window[shelf].setItem(name, value);
    } catch {
      return null; // storage may be closed to us
    }
  };

  // --- the page as a whole ---

  const speak = (language, direction) => {
    root.lang = language;
    root.dir = direction;
    document.cookie = `isnad-language=${language}; path=/; max-age=31536000; samesite=lax`;
  };
  const cookie = /(?:^|; )isnad-language=(ar|en)/.exec(document.cookie);
  const first = cookie ? cookie[1] : (navigator.languages || []).map((tag) => tag.slice(0, 2)).find((tag) => tag === "ar" || tag === "en");
  root.lang = first || "ar";
  root.dir = first === "en" ? "ltr" : "rtl";

  const paint = () => {
    const theme = stored("isnad-theme");
    if (theme) document.body.classList.toggle("dark", theme === "dark");
    root.style.colorScheme = document.body.classList.contains("dark") ? "dark" : "light";
  };
  const turn = () => {
    stored("isnad-theme", document.body.classList.contains("dark") ? "light" : "dark");
    paint();
  };

  const say = (text) => {
    const toast = find("#toast");
    toast.textContent = text;
    toast.classList.add("shown");
    clearTimeout(state.fading);
    state.fading = setTimeout(() => toast.classList.remove("shown"), 5000);
  };

  // Gradio's own notices are English whatever the page speaks, and lie over its buttons: they are hidden, and said in its words.
  const echo = () => {
    const fault = find(".toast-body")?.textContent || "";
    if (fault === state.fault) return;
    state.fault = fault;
    const { lost, too_large, failed } = state.words;
    if (!fault) find("#toast").classList.remove("shown");
    else if (/maximum allowed size/i.test(fault)) say(too_large);
    else if (/connection/i.test(fault)) (say(lost), clearTimeout(state.fading)); // until it is back
    else say(failed.replace("{why}", "").trim());
  };

  // The older way: it also works on a page that is served without TLS to other machines, which has no navigator.clipboard.
  const taken = (flavours) => {
    const give = (event) => {
      for (const [kind, text] of Object.entries(flavours)) event.clipboardData.setData(kind, text);
      event.preventDefault();
    };
    document.addEventListener("copy", give, { once: true, capture: true });
    const done = document.execCommand("copy");
    document.removeEventListener("copy", give, { capture: true });
    return done;
  };
  const copy = async (text, done) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!taken({ "text/plain": text })) return say(text); // where the browser keeps the clipboard to itself, the text can still be read
    }
    say(done || state.words.copied);
  };
  const copyAnswer = async (number) => {
    let copied;
    try {
      const reply = await fetch(`export/${encodeURIComponent(state.conversation)}/${number}?lang=${root.lang}`);
      if (!reply.ok) throw reply.status;
      copied = await reply.json();
    } catch {
      return say(state.words.lost);
    }
    const flavours = { "text/plain": copied.text, "text/html": copied.html };
    try {
      const blobs = Object.entries(flavours).map(([kind, text]) => [kind, new Blob([text], { type: kind })]);
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    } catch {
      if (!taken(flavours)) return say(copied.text);
    }
    say(state.words.copied);
  };

  const download = ({ name, text }) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const menu = (open) => {
    document.body.classList.toggle("menu-open", open);
    const button = find("#do-menu");
    if (button) button.setAttribute("aria-expanded", String(open));
    if (open) find("#side button")?.focus();
  };

  // --- the article beside the chat ---

  const shown = () => document.body.classList.contains("panel-open");
  const show = () => {
    const panel = find("#panel");
    document.body.classList.add("panel-open");
    const mark = find("#hit", panel);
    const body = find(".text", panel);
    requestAnimationFrame(() => {
      if (mark && body) {
        const gap = mark.getBoundingClientRect().top - body.getBoundingClientRect().top;
        body.scrollTop += gap - body.clientHeight / 3;
        if (mark.offsetHeight > body.clientHeight / 2) body.scrollTop += body.clientHeight / 4;
      } else if (body) {
        body.scrollTop = 0;
      }
      (state.step ? find(`.steps .${state.step}`, panel) || mark : mark || find("h2, .close", panel))?.focus({ preventScroll: true });
      state.step = "";
    });
  };
  const hide = () => {
    if (!shown()) return;
    document.body.classList.remove("panel-open");
    const { opener, href } = { opener: state.opener, href: state.opener?.getAttribute("href") };
    const back = opener?.isConnected ? opener : [...document.querySelectorAll("a[href^='?a=']")].find((link) => link.getAttribute("href") === href);
    (back || find("#box textarea"))?.focus({ preventScroll: true });
  };
  // Fetched by address, not through Gradio: a source opens at once, however many answers are being written.
  const fill = async (place) => {
    state.place = place;
    try {
      const here = new URLSearchParams({ a: place, lang: root.lang, c: state.conversation, s: new URLSearchParams(location.search).get("s") || "" });
      const reply = await fetch(`panel?${here}`);
      if (!reply.ok) throw reply.status;
      const article = await reply.text();
      if (place !== state.place) return;
      state.sheet.innerHTML = article;
      show();
    } catch {
      state.place = "";
      say(state.words.unreachable);
    }
  };
  const open = (link) => {
    const place = new URLSearchParams(link.getAttribute("href")).get("a");
    if (!find("#panel").contains(link)) state.opener = link;
    state.step = /\b(before|after)\b/.exec(link.className)?.[0] || "";
    menu(false);
    if (place === state.place && find("#panel article")) return show();
    fill(place);
  };

  // --- what buttons do ---

  const rename = (row, id) => {
    const label = find(".open", row);
    const field = document.createElement("input");
    field.value = label.textContent;
    field.maxLength = 120;
    field.dir = "auto";
    field.setAttribute("aria-label", state.words.rename);
    let over = false;
    const done = (keep) => {
      if (over) return;
      over = true;
      field.replaceWith(label);
      if (keep && field.value.trim() !== label.textContent) send("renameConversation", { id, title: field.value.trim() });
      label.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
      event.stopPropagation();
    });
    field.addEventListener("blur", () => done(true));
    label.replaceWith(field);
    field.select();
  };
  const remove = (button, id) => {
    if (button.classList.contains("sure")) return send("deleteConversation", { id });
    button.classList.add("sure");
    button.textContent = state.words.delete_sure;
    setTimeout(() => {
      button.classList.remove("sure");
      button.textContent = state.words.delete;
    }, 5000);
  };
  const acts = {
    close: hide,
    theme: turn,
    menu: () => menu(!document.body.classList.contains("menu-open")),
    quote: () => copy(find("#hit").textContent),
    link: () => copy(new URL(find("#do-link").getAttribute("href"), location.href).href),
    share: () => send("shareConversation"),
    export: (form) => send("exportConversation", { form }),
    switch: (language) => send("switchLanguage", { language }),
    edit: (number) => send("editQuestion", { number }),
    retry: (number) => send("askAgain", { number }),
    plainly: (number) => send("askAgain", { number, quoting: true }),
    without: (which) => {
      const [number, without] = which.split(":");
      send("askAgain", { number, without });
    },
    copy: copyAnswer,
    pick: (id) => (matchMedia("(max-width: 52rem)").matches && hide(), send("keepToArticle", { id, only: true })),
    unpick: (id) => send("keepToArticle", { id, only: false }),
    open: (id) => (menu(false), send("openConversation", { id })),
    rename: (id, button) => rename(button.closest("li"), id),
    delete: (id, button) => remove(button, id),
    remove: (id) => send("removeUpload", { id }),
  };
  const judge = (kind, number, button) => {
    const row = button.closest(".actions");
    row.querySelectorAll(".picked").forEach((picked) => picked.classList.remove("picked"));
    button.classList.add("picked");
    send("rateAnswer", { kind, number });
  };

  document.addEventListener(
    "click",
    (event) => {
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      const touched = event.target instanceof Element ? event.target.closest("a[href^='?a='], button[id^='do-']") : null;
      if (!touched) {
        if (event.target instanceof Element && !event.target.closest("#side")) menu(false);
        return;
      }
      if (touched.matches("a:not(#do-link)")) {
        if (!plain) return;
        event.preventDefault();
        event.stopPropagation();
        return open(touched);
      }
      event.preventDefault();
      const [, act, value] = /^do-([a-z_]+)[-:]?(.*)$/s.exec(touched.id);
      if (acts[act]) acts[act](value, touched);
      else judge(act, value, touched);
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (document.body.classList.contains("menu-open")) {
      menu(false);
      find("#do-menu")?.focus();
    } else hide();
  });

  window.addEventListener("popstate", () => {
    const id = new URLSearchParams(location.search).get("c") || "";
    if (id !== state.conversation) send("openConversation", { id });
  });

  // A question that is not sent yet outlives the page: where the server was away, Gradio loads it anew.
  window.addEventListener("pagehide", () => stored("isnad-draft", find("#box textarea")?.value || "", "sessionStorage"));
  const recall = () => {
    const box = find("#box textarea");
    const draft = stored("isnad-draft", undefined, "sessionStorage");
    if (!box || !draft || box.value) return;
    box.value = draft;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // Files that are dropped anywhere go the way of the button, where the page takes any.
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const add = (files, tries = 40) => {
    const input = find("#uploading input[type=file]"); // it is there only while its part of the side is open
    if (!input) return tries && setTimeout(() => add(files, tries - 1), 50);
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault(); // else the browser would leave the page for the file
    if (!state.uploads) return;
    document.body.dataset.drop = state.words.add_dropped;
    clearTimeout(state.dragging);
    state.dragging = setTimeout(() => delete document.body.dataset.drop, 500);
  });
  document.addEventListener(
    "drop",
    (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      event.stopPropagation();
      delete document.body.dataset.drop;
      if (!state.uploads) return;
      if (getComputedStyle(find("#side")).display === "none") menu(true); // where the report will stand
      const label = find("#articles .label-wrap");
      if (!label.classList.contains("open")) label.click();
      add(event.dataTransfer.files);
    },
    true,
  );

  // --- the server's word ---

  const hear = (message) => {
    if (message.words) Object.assign(state, { words: message.words, uploads: message.uploads });
    if (message.language) speak(message.language, message.direction);
    if (message.place || (message.language && shown())) fill(message.place || state.place);
    if (message.conversation !== undefined && message.conversation !== state.conversation) {
      state.conversation = message.conversation;
      const to = message.conversation ? `?c=${encodeURIComponent(message.conversation)}` : location.pathname;
      if (!message.arrived) history.pushState(null, "", to);
    }
    document.body.classList.toggle("has-conversation", Boolean(state.conversation));
    if (message.toast) say(message.toast);
    if (message.copy) copy(new URL(message.copy, location.href).href, message.toast);
    if (message.download) download(message.download);
    if (message.focus) find(`#${message.focus} textarea`)?.focus();
    if (message.arrived) {
      recall();
      document.body.classList.add("arrived");
    }
  };

  // Gradio names each message by its raw markup, which a screen reader would spell out; the text speaks for itself.
  const named = () => {
    for (const message of document.querySelectorAll("[data-testid='bot'][aria-label], [data-testid='user'][aria-label]")) message.removeAttribute("aria-label");
  };
  // A new question comes to the top of the chat as its answer grows, which is so read from its beginning; unless the reader scrolls.
  const follow = () => {
    const asked = document.querySelectorAll("#chat .asked");
    if (asked.length !== state.asked) state.following = true;
    state.asked = asked.length;
    if (!state.following || !asked.length) return;
    state.following = document.querySelectorAll("#chat article.answer").length < asked.length;
    let box = asked[0].parentElement;
    while (box.parentElement && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
    const last = asked[asked.length - 1];
    box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top - 16;
  };
  for (const gesture of ["wheel", "touchmove", "pointerdown"]) document.addEventListener(gesture, () => (state.following = false), { passive: true });
  const dates = () => {
    for (const input of document.querySelectorAll("#since input, #until input")) if (input.type === "text") input.type = "date";
  };

  window.isnad = {
    bridge(element, trigger, watch) {
      state.trigger = trigger;
      const toast = document.createElement("div");
      toast.id = "toast";
      toast.setAttribute("role", "status");
      document.body.append(toast);
      paint();
      new MutationObserver(() => (dates(), named(), follow(), echo())).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });
      const listen = () => element.textContent.trim() && hear(JSON.parse(element.textContent));
      watch("value", listen);
      listen();
    },
    panel(element) {
      state.sheet = element;
    },
  };
})();
