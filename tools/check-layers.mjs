// Checks the layer rule: `node tools/check-layers.mjs [root]` prints every offender as `file:line import why`.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ROOT, readJson, workspacePackages } from './workspace.mjs';

/** A folder may import only from folders above it. Those on one line never import each other. */
const LAYERS = [
  ['packages/nifti'],
  ['packages/ops'],
  ['packages/nn'],
  ['packages/vqae', 'packages/absorbing-diffusion', 'packages/registration'],
  ['packages/pipeline'],
  ['apps/trainer', 'apps/web'],
];

/** Globals of only one of the two worlds, Node and the browser. `globalThis.process?.` remains possible, and is explicit. */
const ONE_WORLD_GLOBALS = new Set(
  `window document navigator location history localStorage sessionStorage indexedDB self Worker XMLHttpRequest
  importScripts requestAnimationFrame cancelAnimationFrame alert confirm prompt Image ImageData OffscreenCanvas
  HTMLElement HTMLCanvasElement HTMLImageElement HTMLVideoElement CanvasRenderingContext2D
  process Buffer require module exports global setImmediate __dirname __filename NodeJS`.split(/\s+/),
);

const CORE = '@tensorflow/tfjs-core';
const WASM_BACKEND = '@tensorflow/tfjs-backend-wasm';

/** @returns {{ file: string, line: number, what: string, why: string }[]} offenders under `root` */
export function checkLayers(root = ROOT) {
  const packages = workspacePackages(root);
  const rootManifest = existsSync(join(root, 'package.json')) ? readJson(join(root, 'package.json')) : {};
  const context = { root, packages, rootDependencies: rootManifest.devDependencies ?? {} };
  return packages.flatMap((one) => [
    ...checkPackage(one, context),
    ...sourcesOf(join(root, one.folder)).flatMap((path) => checkFile(path, one, context)),
  ]);
}

/** The package as a whole: its place, its papers, what its manifest asks for. */
function checkPackage(one, { root, packages }) {
  const { folder, manifest } = one;
  const offenders = [];
  const offend = (file, what, why) => offenders.push({ file: `${folder}/${file}`, line: 1, what, why });
  if (layerOf(folder) < 0)
    offend('package.json', manifest.name, 'is in no layer: add the folder to tools/check-layers.mjs');
  const needed = folder.startsWith('packages/') ? ['README.md', 'src/index.ts', 'src/index.test.ts'] : ['README.md'];
  for (const file of needed)
    if (!existsSync(join(root, folder, file))) offend(file, 'is missing', 'every package has one');
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const other = packages.find(({ name }) => name === dependency);
    const why = other && whyNotBelow(one, other);
    if (why) offend('package.json', dependency, why);
    if (
      folder.startsWith('packages/') &&
      dependency.startsWith('@tensorflow/') &&
      manifest.dependencies?.[dependency]
    ) {
      offend('package.json', dependency, 'TensorFlow.js is a peer dependency of packages');
    }
  }
  return offenders;
}

function checkFile(path, one, context) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const file = relative(context.root, path);
  const isTest = isTestCode(file);
  const offenders = [];
  const offend = (node, what, why) =>
    offenders.push({ file, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1, what, why });

  const declared = new Set();
  const globals = [];
  const visit = (node) => {
    const imported = importOf(node);
    if (imported) {
      const why = whyNotImport(imported, { path, isTest, one, context });
      if (why) offend(node, imported.specifier, why);
    }
    if (isDefaultExport(node)) offend(node, 'export default', 'named exports only');
    if (ts.isIdentifier(node) && ONE_WORLD_GLOBALS.has(node.text)) {
      if (isDeclarationName(node)) declared.add(node.text);
      else if (!isMemberName(node)) globals.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (one.folder.startsWith('packages/') && !isTest) {
    for (const node of globals) {
      if (!declared.has(node.text)) offend(node, node.text, 'packages use no globals of only Node or only the browser');
    }
  }
  return offenders;
}

/** Why this import is not allowed; undefined when it is. */
function whyNotImport({ specifier, typeOnly }, { path, isTest, one, context }) {
  const { root, packages, rootDependencies } = context;
  const inPackages = one.folder.startsWith('packages/');
  if (specifier.startsWith('.')) {
    const target = relative(join(root, one.folder), resolve(dirname(path), specifier));
    if (target.startsWith('..')) return 'a relative import stays inside its package: use the package name';
    return !isTest && isTestCode(target) ? 'what is published does not import what only tests use' : undefined;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (specifier.startsWith('node:') || builtinModules.includes(name)) {
    return inPackages && !isTest
      ? 'packages run in browsers too: take what Node gives through an interface'
      : undefined;
  }
  const other = packages.find((candidate) => candidate.name === name);
  if (other) {
    if (other === one) return 'inside its own package a file is imported by its relative path';
    const entry = `.${specifier.slice(name.length)}`;
    return (
      whyNotBelow(one, other) ??
      (entry in (other.manifest.exports ?? {}) ? undefined : 'siblings use the public entry points only') ??
      whyNotDeclared(name, one, isTest, rootDependencies)
    );
  }
  if (inPackages && !isTest && name.startsWith('@tensorflow/')) {
    const ownWasm = relative(root, path).startsWith('packages/ops/src/wasm/') && specifier === WASM_BACKEND && typeOnly;
    if (specifier !== CORE && !ownWasm) return `packages import only ${CORE}: the backend is the application's choice`;
  }
  return whyNotDeclared(name, one, isTest, rootDependencies);
}

/** Tests (`x.test.ts`), and what only they use: the folder `test`, and any `testing.ts` or folder `testing`. */
function isTestCode(path) {
  return /\.test\.tsx?$|(^|\/)test\/|(^|\/)testing(\/|\.ts$|$)/.test(path);
}

function whyNotDeclared(name, { manifest }, isTest, rootDependencies) {
  const { dependencies, peerDependencies, devDependencies } = manifest;
  const known = { ...dependencies, ...peerDependencies, ...(isTest && { ...devDependencies, ...rootDependencies }) };
  return name in known ? undefined : `is not a dependency in ${manifest.name}'s package.json`;
}

function whyNotBelow(one, other) {
  if (layerOf(other.folder) < layerOf(one.folder)) return undefined;
  return layerOf(other.folder) === layerOf(one.folder)
    ? `${one.folder} and ${other.folder} never import each other`
    : `${one.folder} is above ${other.folder}: a folder imports only from folders above it`;
}

function layerOf(folder) {
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

/** The module that a node imports, if it does: import, export from, import(), import type. */
function importOf(node) {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    const typeOnly = ts.isImportDeclaration(node) ? isTypeOnly(node.importClause) : node.isTypeOnly;
    return { specifier: node.moduleSpecifier.text, typeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: node.argument.literal.text, typeOnly: true };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { specifier: node.moduleReference.expression.text, typeOnly: false };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument && ts.isStringLiteralLike(argument)) return { specifier: argument.text, typeOnly: false };
  }
  return undefined;
}

function isTypeOnly(clause) {
  if (!clause) return false;
  const named = clause.namedBindings;
  return (
    clause.isTypeOnly ||
    (!clause.name && !!named && ts.isNamedImports(named) && named.elements.every((e) => e.isTypeOnly))
  );
}

function isDefaultExport(node) {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return (
    (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)) ??
    false
  );
}

/** A name that the file itself gives to something. */
function isDeclarationName(node) {
  const { parent } = node;
  return (
    parent.name === node &&
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent) ||
      ts.isImportSpecifier(parent) ||
      ts.isNamespaceImport(parent))
  );
}

/** A name after a dot, of a property or a method, of a label: not a variable. */
function isMemberName(node) {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  return (
    parent.name === node ||
    parent.propertyName === node ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    ts.isLabeledStatement(parent) ||
    ts.isBreakOrContinueStatement(parent)
  );
}

function sourcesOf(folder) {
  return ['src', 'test']
    .filter((part) => existsSync(join(folder, part)))
    .flatMap((part) => readdirSync(join(folder, part), { recursive: true }).map((path) => join(folder, part, path)))
    .filter((path) => /\.tsx?$/.test(path) && !/\.generated\.ts$/.test(path))
    .sort();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const offenders = checkLayers(resolve(process.argv[2] ?? ROOT));
  for (const { file, line, what, why } of offenders) console.log(`${file}:${line} ${what}: ${why}`);
  console.log(offenders.length === 0 ? 'Layers: all imports are allowed.' : `Layers: ${offenders.length} offenders.`);
  process.exitCode = offenders.length === 0 ? 0 : 1;
}
