// The certificates that _certificates.py has made, for a scenario.
import fs from 'node:fs';

// A key or a certificate.
export const pem = (name) => fs.readFileSync(`${process.env.CERTIFICATES}/${name}`, 'latin1');
// What somebody shows.
export const identity = (name) => ({ key: pem(`${name}.key`), cert: pem(`${name}.pem`) });
// Whom a client trusts.
export const CA = { ca: pem('ca.pem') };
