import { version as published } from '../package.json';

/** The version of `paired3d`, as it was published. */
export const version: string = published;
