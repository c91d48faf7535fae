// A process that a test starts has the facades too.
const { spawn } = require('node:child_process');

if (process.argv[2] === 'child') {
  const { Readable } = require('node:stream');
  new Readable({ read() { this.push(null); } }).on('end', () => console.log('end in the child')).resume();
} else {
  const child = spawn(process.execPath, [__filename, 'child'], { stdio: 'inherit' });
  child.on('exit', (status) => console.log('child exits with', status));
}
