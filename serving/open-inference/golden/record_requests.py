"""Writes down what tritonclient sends, see SOURCE.md."""
import socket, threading, json, base64, sys
import numpy as np
import tritonclient.http as http
got=[]
def serve(srv, answers):
    while True:
        c,_=srv.accept()
        threading.Thread(target=one,args=(c,answers),daemon=True).start()
def one(c,answers):
    buf=b''
    while True:
        while b'\r\n\r\n' not in buf:
            d=c.recv(65536)
            if not d: return
            buf+=d
        head,rest=buf.split(b'\r\n\r\n',1)
        n=0
        for l in head.split(b'\r\n')[1:]:
            k,v=l.split(b':',1)
            if k.lower()==b'content-length': n=int(v)
        while len(rest)<n: rest+=c.recv(65536)
        body,buf=rest[:n],rest[n:]
        got.append((head,body))
        a=b'{"model_name":"m","outputs":[]}'
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n'%len(a)+a)
srv=socket.socket(); srv.bind(('127.0.0.1',0)); srv.listen(5)
threading.Thread(target=serve,args=(srv,{}),daemon=True).start()
cl=http.InferenceServerClient('127.0.0.1:%d'%srv.getsockname()[1])
rows=np.array([[2,0.25,3],[0,0,0]],dtype=np.float32)
out=[]
def rec(name,f):
    got.clear()
    try: f()
    except Exception as e: print(name,repr(e))
    h,b=got[0]
    lines=h.decode().split('\r\n')
    m,p,_=lines[0].split(' ')
    hd={l.split(':',1)[0].lower():l.split(':',1)[1].strip() for l in lines[1:]}
    for k in ('host','content-length','user-agent','connection'): hd.pop(k,None)
    out.append(dict(name=name,method=m,path=p,headers=hd,body=base64.b64encode(b).decode()))
def infer(dtype,binary,outputs=None,**kw):
    i=http.InferInput('input',[2,3],dtype)
    i.set_data_from_numpy(rows.astype(np.float32 if dtype=='FP32' else np.float64),binary_data=binary)
    return lambda: cl.infer('forward_return_30',[i],outputs=outputs,request_id='r1',**kw)
rec('live',cl.is_server_live); rec('ready',cl.is_server_ready)
rec('server metadata',cl.get_server_metadata)
rec('model ready',lambda: cl.is_model_ready('forward_return_30'))
rec('version ready',lambda: cl.is_model_ready('forward_return_30','1.4.0'))
rec('model metadata',lambda: cl.get_model_metadata('forward_return_30'))
rec('model config',lambda: cl.get_model_config('forward_return_30'))
rec('repository index',cl.get_model_repository_index)
rec('infer defaults',infer('FP32',True))
rec('infer json',infer('FP32',False,[http.InferRequestedOutput('output',binary_data=False)]))
rec('infer fp64 binary, one output',infer('FP64',True,[http.InferRequestedOutput('output',binary_data=True)]))
rec('infer version, parameters',infer('FP32',True,model_version='1.4.0',parameters={'key':'user 7'}))
rec('infer gzip',infer('FP32',True,request_compression_algorithm='gzip',response_compression_algorithm='gzip'))
json.dump(out,open(sys.argv[1],'w'),indent=2)
