import json, numpy as np, sklearn
from sklearn.metrics import roc_auc_score, roc_curve, confusion_matrix
from sklearn.calibration import calibration_curve
rng=np.random.default_rng(20260101)
n=600
real=np.round(rng.normal(0,0.2,n),3); 
pred=np.round(0.2*real+rng.normal(0,0.05,n),2)   # many ties, some zeros
prob=np.round(1/(1+np.exp(-(3*real+rng.normal(0,1,n)))),4)
low=np.round(pred-0.2,3); high=np.round(pred+0.2+np.abs(rng.normal(0,.1,n)),3)
m=real!=0
y=(real[m]>0).astype(int)
fpr,tpr,_=roc_curve(y,pred[m],drop_intermediate=False)
said=pred[m]
nz=said!=0
cm=confusion_matrix(y[nz],(said[nz]>0).astype(int),labels=[1,0])
out={'tool':f'scikit-learn {sklearn.__version__}, numpy {np.__version__}',
'outcomes':[{'predictedReturn':float(a),'realizedReturn':float(b),'probability':float(c),'intervalLow':float(l),'intervalHigh':float(h)} for a,b,c,l,h in zip(pred,real,prob,low,high)],
'auc':float(roc_auc_score(y,pred[m])),'aucProbability':float(roc_auc_score(y,prob[m])),
'roc':[[float(a),float(b)] for a,b in zip(fpr,tpr)],
'confusion':{'upUp':int(cm[0,0]),'downUp':int(cm[0,1]),'upDown':int(cm[1,0]),'downDown':int(cm[1,1]),'flatUp':int((y[~nz]==1).sum()),'flatDown':int((y[~nz]==0).sum())},
'moves':int(m.sum()),'upShare':float(y.mean()),'covered':float(((real>=low)&(real<=high)).mean())}
# equal counts: np.array_split of the sorted order by floor bounds
p=prob[m]; o=np.argsort(p,kind='stable'); k=len(p)
b=[o[(i*k)//10:((i+1)*k)//10] for i in range(10)]
out['calibration']=[{'said':float(p[i].mean()),'came':float(y[i].mean()),'rows':int(len(i))} for i in b]
t,q=calibration_curve(y,p,n_bins=10,strategy='quantile')
out['calibrationCurve']=[[float(a),float(c)] for a,c in zip(q,t)]
json.dump(out,open('judgement.json','w'))
print(out['tool'],out['auc'],max(abs(a['said']-c[0]) for a,c in zip(out['calibration'],out['calibrationCurve'])))
