const tracks=JSON.parse((document.getElementById('track')||{textContent:'[]'}).textContent);
const heres=document.querySelectorAll('.here');const charts=[...document.querySelectorAll('svg[data-low]')];
const seek=document.getElementById('time');const told=document.getElementById('told');
const lines=charts.map(c=>[...c.querySelectorAll('polyline.value,polyline.below')].map(l=>
l.getAttribute('points').split(' ').map(p=>p.split(',').map(Number))));
function at(points,x){let a=0,b=points.length-1;while(b-a>1){const m=a+b>>1;if(points[m][0]>x)b=m;else a=m;}
const p=points[Math.abs(points[a][0]-x)<Math.abs(points[b][0]-x)?a:b];return p&&Math.abs(p[0]-x)<6?p:null;}
function show(t){charts.forEach((c,n)=>{const l=c.querySelector('.cursor'),d=c.dataset;
const x=+d.start+(t-d.low)/(d.high-d.low)*(d.end-d.start);
l.setAttribute('x1',x);l.setAttribute('x2',x);
c.querySelector('.read').textContent=lines[n].map(points=>at(points,x)).map(p=>p===null?'–':
(+d.least+(d.foot-p[1])/(d.foot-d.head)*(d.most-d.least)).toFixed(1)).join(' · ');});
if(seek){seek.value=t;told.value=(+t).toFixed(1)+' s';}
tracks.forEach((track,n)=>{let best=null;
for(const p of track)if(best===null||Math.abs(p[0]-t)<Math.abs(best[0]-t))best=p;
if(best&&heres[n]){heres[n].setAttribute('cx',best[1]);heres[n].setAttribute('cy',best[2]);}});}
for(const c of charts)c.addEventListener('pointermove',e=>{const r=c.getBoundingClientRect();
const x=(e.clientX-r.left)/r.width*c.viewBox.baseVal.width;
const t=+c.dataset.low+(x-c.dataset.start)/(c.dataset.end-c.dataset.start)*(c.dataset.high-c.dataset.low);
show(Math.min(Math.max(t,c.dataset.low),c.dataset.high));});
if(seek)seek.addEventListener('input',()=>show(+seek.value));
