const tracks=JSON.parse((document.getElementById('track')||{textContent:'[]'}).textContent);
const heres=document.querySelectorAll('.here');const charts=[...document.querySelectorAll('svg[data-low]')];
const seek=document.getElementById('time');const told=document.getElementById('told');
const lines=charts.map(c=>[...c.querySelectorAll('polyline.value,polyline.below')].map(l=>
l.getAttribute('points').split(' ').map(p=>p.split(',').map(Number))));
function at(points,x){if(!points.length)return null;let a=0,b=points.length-1;while(b-a>1){const m=a+b>>1;if(points[m][0]>x)b=m;else a=m;}
const p=points[Math.abs(points[a][0]-x)<Math.abs(points[b][0]-x)?a:b];return p&&Math.abs(p[0]-x)<6?p:null;}
const whole=charts.length?[+charts[0].dataset.low,+charts[0].dataset.high]:[0,1];let seen=whole,pressed=null;
const drawn=lines.map(all=>all.map(points=>points.slice()));
const marked=charts.map(c=>[...c.querySelectorAll('.band,.trouble,.mode,.tick')].map(part=>({part,
x:+part.getAttribute(part.hasAttribute('x1')?'x1':'x'),wide:+part.getAttribute('width'),words:part.textContent})));
function zoom(low,high){const least=Math.min(1,whole[1]-whole[0]);
if(high-low<least)[low,high]=[(low+high-least)/2,(low+high+least)/2];
seen=[Math.max(low,whole[0]),Math.min(high,whole[1])];const factor=(whole[1]-whole[0])/(seen[1]-seen[0]);
charts.forEach((c,n)=>{const d=c.dataset,start=+d.start,end=+d.end,
to=x=>start+(x-start-(seen[0]-whole[0])/(whole[1]-whole[0])*(end-start))*factor,inside=x=>x>=start-.1&&x<=end+.1;
[d.low,d.high]=seen;
c.querySelectorAll('polyline.value,polyline.below').forEach((l,k)=>{lines[n][k]=
drawn[n][k].map(([x,y])=>[to(x),y]).filter(p=>inside(p[0]));
l.setAttribute('points',lines[n][k].map(p=>p.map(v=>v.toFixed(1)).join()).join(' '));});
const ticks=marked[n].filter(m=>m.part.classList.contains('tick'));
for(const m of marked[n]){const{part}=m,x=to(m.x);
if(part.classList.contains('tick')){const at=(ticks.indexOf(m)+.5)/ticks.length;
part.setAttribute('x',factor>1?start+at*(end-start):m.x);
part.textContent=factor>1?(seen[0]+at*(seen[1]-seen[0])).toFixed(1)+' s':m.words;continue;}
if(part.classList.contains('band')){const from=Math.max(x,start),till=Math.min(to(m.x+m.wide),end);
part.setAttribute('x',from);part.setAttribute('width',Math.max(till-from,0));continue;}
part.style.display=inside(x)?'':'none';
for(const name of part.hasAttribute('x1')?['x1','x2']:['x'])part.setAttribute(name,x);}});
if(seek){seek.min=seen[0].toFixed(1);seek.max=seen[1].toFixed(1);show(Math.min(Math.max(+seek.value,seen[0]),seen[1]));}}
function time(c,e){const r=c.getBoundingClientRect(),d=c.dataset,x=(e.clientX-r.left)/r.width*c.viewBox.baseVal.width;
return Math.min(Math.max(+d.low+(x-d.start)/(d.end-d.start)*(d.high-d.low),+d.low),+d.high);}
function show(t){charts.forEach((c,n)=>{const l=c.querySelector('.cursor'),d=c.dataset;
const x=+d.start+(t-d.low)/(d.high-d.low)*(d.end-d.start);
l.setAttribute('x1',x);l.setAttribute('x2',x);
c.querySelector('.read').textContent=lines[n].map(points=>at(points,x)).map(p=>p===null?'–':
(+d.least+(d.foot-p[1])/(d.foot-d.head)*(d.most-d.least)).toFixed(1)).join(' · ');});
if(seek){seek.value=t;told.value=(+t).toFixed(1)+' s';}
tracks.forEach((track,n)=>{let best=null;
for(const p of track)if(best===null||Math.abs(p[0]-t)<Math.abs(best[0]-t))best=p;
if(best&&heres[n]){heres[n].setAttribute('cx',best[1]);heres[n].setAttribute('cy',best[2]);}});}
for(const c of charts){c.addEventListener('pointermove',e=>show(time(c,e)));
c.addEventListener('pointerdown',e=>{pressed=e.pointerType==='touch'?null:[e.clientX,time(c,e)];});
c.addEventListener('pointerup',e=>{const from=pressed,to=time(c,e);pressed=null;
if(from&&Math.abs(e.clientX-from[0])>8)zoom(Math.min(from[1],to),Math.max(from[1],to));});
c.addEventListener('dblclick',()=>zoom(...whole));}
if(seek){seek.addEventListener('input',()=>show(+seek.value));
seek.addEventListener('keydown',e=>{const half=(seen[1]-seen[0])/2,t=+seek.value;
if(e.key==='+')zoom(t-half/2,t+half/2);else if(e.key==='-')zoom(t-2*half,t+2*half);});}
