// Loads the modules of a package for Node in a page, one by one as they are
// asked for: enough for a test, and no bundler is needed.
const loaded = new Map();

function read(url) {
  const request = new XMLHttpRequest();
  request.open('GET', url, false);
  request.send();
  return request.status === 200 ? request.responseText : null;
}

function find(name, from) {
  if (name.startsWith('.')) {
    const base = new URL(name, from).href;
    for (const url of [base, `${base}.js`, `${base}/index.js`]) {
      const text = /\.js(on)?$/.test(url) ? read(url) : null;
      if (text !== null) return [url, text];
    }
    throw new Error(`${from} wants ${name}`);
  }
  const home = `${location.origin}/modules/${name.replace(/\/$/, '')}/`;
  const about = JSON.parse(read(`${home}package.json`));
  const main = typeof about.browser === 'string' ? about.browser : about.main ?? 'index.js';
  return find(`./${main}`, home);
}

export function require(name, from = location.href) {
  const [url, text] = find(name, from);
  if (loaded.has(url)) return loaded.get(url).exports;
  const module = { exports: {} };
  loaded.set(url, module);
  if (url.endsWith('.json')) module.exports = JSON.parse(text);
  else new Function('module', 'exports', 'require', 'process', text)(module, module.exports, (other) => require(other, url), { env: {} });
  return module.exports;
}
