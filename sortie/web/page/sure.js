// What cannot be taken back is asked for once more.
import { $, write } from './link.js';

// Whether a person says yes; `word` is what is done.
export function sure(question, word, danger = false) {
  const box = $('#sure'), yes = $('#sure-yes');
  write($('#sure-text'), question);
  write(yes, word);
  yes.className = danger ? 'stop' : 'main';
  box.showModal();
  return new Promise(done => {
    yes.onclick = () => { done(true); box.close(); };
    $('#sure-no').onclick = () => box.close();
    box.onclose = () => done(false);
  });
}
